//! Extension types.

use std::sync::Arc;

use arrow_schema::extension::{EXTENSION_TYPE_METADATA_KEY, EXTENSION_TYPE_NAME_KEY};
use arrow_schema::{DataType, Field};
use serde_json::json;

use super::{Parser, plain};
use crate::error::Result;

impl Parser<'_> {
    /// An extension type by its name, `None` for one that isn't known.
    pub(super) fn extension(&mut self, name: &str) -> Result<Option<Field>> {
        let (name, default) = match name {
            "bool8" | "arrow.bool8" => ("arrow.bool8", DataType::Int8),
            "uuid" | "arrow.uuid" => ("arrow.uuid", DataType::FixedSizeBinary(16)),
            "json" | "arrow.json" => ("arrow.json", DataType::Utf8),
            "fixed_shape_tensor" | "arrow.fixed_shape_tensor" => return self.tensor().map(Some),
            "opaque" | "arrow.opaque" => return self.opaque().map(Some),
            _ => return Ok(None),
        };
        let mut storage = default;
        if name == "arrow.json" && self.took("[") {
            storage = self.field()?.data_type().clone();
            if !matches!(storage, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View) {
                return self.refuse("arrow.json is stored as text");
            }
            self.expect("]")?;
        }
        Ok(Some(extended(storage, name, "")))
    }

    /// `[1, 2]`
    fn numbers(&mut self) -> Result<Vec<usize>> {
        self.expect("[")?;
        let mut all = Vec::new();
        if self.took("]") {
            return Ok(all);
        }
        loop {
            all.push(self.integer()?);
            if !self.took(",") {
                break;
            }
        }
        self.expect("]")?;
        Ok(all)
    }

    fn tensor(&mut self) -> Result<Field> {
        self.expect("[")?;
        self.expect("value_type=")?;
        let value = self.child("item")?;
        self.expect(",")?;
        self.expect("shape=")?;
        let shape = self.numbers()?;
        let size =
            shape.iter().try_fold(1usize, |a, n| a.checked_mul(*n)).and_then(|n| i32::try_from(n).ok());
        let Some(size) = size else {
            return self.refuse(format!("a tensor of shape {shape:?} is too large for a list"));
        };
        let mut metadata = json!({ "shape": shape });
        while self.took(",") {
            if self.took("permutation=") {
                let permutation = self.numbers()?;
                let mut sorted = permutation.clone();
                sorted.sort_unstable();
                if !sorted.into_iter().eq(0..shape.len()) {
                    return self.refuse(format!("a permutation that is none of {} axes", shape.len()));
                }
                metadata["permutation"] = json!(permutation);
            } else {
                self.expect("dim_names=")?;
                self.expect("[")?;
                let names: Vec<&str> = self.until(&[']'])?.split(',').map(str::trim).collect();
                self.expect("]")?;
                if names.len() != shape.len() {
                    return self.refuse(format!("{} names of {} dimensions", names.len(), shape.len()));
                }
                metadata["dim_names"] = json!(names);
            }
        }
        self.expect("]")?;
        let storage = DataType::FixedSizeList(Arc::new(value), size);
        Ok(extended(storage, "arrow.fixed_shape_tensor", &metadata.to_string()))
    }

    fn opaque(&mut self) -> Result<Field> {
        self.expect("[")?;
        self.expect("storage_type=")?;
        let storage = self.field()?;
        self.expect(",")?;
        self.expect("type_name=")?;
        let type_name = self.until(&[','])?;
        self.expect(",")?;
        self.expect("vendor_name=")?;
        let vendor_name = self.until(&[']'])?;
        self.expect("]")?;
        let metadata = json!({ "type_name": type_name, "vendor_name": vendor_name }).to_string();
        Ok(extended(storage.data_type().clone(), "arrow.opaque", &metadata))
    }
}

fn extended(storage: DataType, name: &str, metadata: &str) -> Field {
    plain(storage).with_metadata([(EXTENSION_TYPE_NAME_KEY, name), (EXTENSION_TYPE_METADATA_KEY, metadata)])
}
