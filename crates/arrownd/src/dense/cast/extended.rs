//! Extension types: what their storage means.

use arrow_data::ArrayData;
use arrow_schema::{DataType, Field};
use serde_json::Value;

use super::views::Values;
use super::{Cast, FlatCast, assembled, fixed, lossy, unsupported, unsupported_because};
use crate::error::Result;
use crate::mapping::{Extension, extension, tensor};

impl Cast<'_> {
    /// The data of a field as another, with what their extensions say of the storage.
    pub(super) fn extended(&mut self, data: &ArrayData, from: &Field, to: &Field) -> Result<ArrayData> {
        use Extension as E;
        let (source, target) = (extension(from)?, extension(to)?);
        match (source, target) {
            (None, None) => self.storage(data, from, to),
            (Some(a), Some(b)) if a == b && a == E::Tensor => self.tensor(data, from, to),
            (Some(a), Some(b)) if a == b && known(a) => self.storage(data, from, to),
            (Some(E::Tensor), _) => self.lists_of_tensor(data, from, to),
            (_, Some(E::Tensor)) => self.tensor_of_lists(data, from, to),
            (Some(E::Bool8), _) if *to.data_type() == DataType::Int8 => Ok(data.clone()),
            (_, Some(E::Bool8)) => self.bool8(data, from, to),
            (_, Some(E::Json)) => {
                let text = self.storage(data, &plain(from), to)?;
                self.check_json(&text, to)?;
                Ok(text)
            }
            (_, Some(E::Uuid | E::Unknown | E::Opaque | E::RayTensor)) => {
                self.storage(data, &plain(from), &plain(to))
            }
            // What these mean isn't what another type of the same values does.
            (None, Some(_)) if from.data_type() == to.data_type() => Ok(data.clone()),
            (None, Some(_)) if *from.data_type() == DataType::Null => self.storage(data, from, &plain(to)),
            (_, Some(_)) => unsupported(from, to),
            // Truth isn't the storage's number: any byte but 0 is 1.
            (Some(E::Bool8 | E::PolarsInt128 | E::PolarsUInt128), None) => {
                self.storage_of_meaning(data, from, to)
            }
            (Some(_), None) => self.storage(data, &plain(from), to),
        }
    }

    fn storage_of_meaning(&mut self, data: &ArrayData, from: &Field, to: &Field) -> Result<ArrayData> {
        match to.data_type() {
            target if target == from.data_type() => Ok(data.clone()),
            DataType::Dictionary(..) | DataType::RunEndEncoded(..) => unsupported(from, to),
            _ => self.fixed(data, from, to),
        }
    }

    fn bool8(&mut self, data: &ArrayData, from: &Field, to: &Field) -> Result<ArrayData> {
        if *from.data_type() == DataType::Int8 {
            return Ok(data.clone());
        }
        if *from.data_type() == DataType::Null {
            return self.storage(data, from, &plain(to));
        }
        if !from.data_type().is_numeric() && *from.data_type() != DataType::Boolean {
            return unsupported(from, to);
        }
        self.flat(data, from, to, &mut FlatCast::bool8(from, to, self.safe)?)
    }

    fn check_json(&self, data: &ArrayData, to: &Field) -> Result<()> {
        if !self.safe {
            return Ok(());
        }
        let values = Values::of(data)?;
        for i in (0..data.len()).filter(|i| data.is_valid(*i)) {
            let bytes = values.get(i)?;
            if let Err(why) = serde_json::from_slice::<Value>(bytes) {
                let text = String::from_utf8_lossy(bytes);
                return Err(lossy(format!("{text:?}, which is no JSON ({why}),"), i, to, "ask for utf8"));
            }
        }
        Ok(())
    }

    /// Tensors of one shape and order of axes; their values may become others.
    fn tensor(&mut self, data: &ArrayData, from: &Field, to: &Field) -> Result<ArrayData> {
        let (a, b) = (layout(from)?, layout(to)?);
        if a != b {
            return unsupported_because(from, to, "the shapes or their order of axes differ");
        }
        self.storage(data, &plain(from), &plain(to))
    }

    /// Fixed-size lists in one another become tensors: the same values, without what is between.
    fn tensor_of_lists(&mut self, data: &ArrayData, from: &Field, to: &Field) -> Result<ArrayData> {
        let Some((shape, permutation)) = layout(to)? else { return unsupported(from, to) };
        if !permutation.iter().copied().eq(0..shape.len()) {
            return unsupported_because(
                from,
                to,
                "only tensors whose axes lie in their own order are made of lists",
            );
        }
        let (mut field, mut values, mut sizes) = (plain(from), data.clone(), Vec::new());
        // The whole list is one value of a tensor of that many axes; a flat one may be any of them.
        while let DataType::FixedSizeList(item, n) = &field.data_type().clone() {
            let size = usize::try_from(*n).unwrap_or(0);
            if !sizes.is_empty() && values.null_count() > 0 {
                return unsupported_because(
                    from,
                    to,
                    "a list inside is missing, and tensors have no place for that",
                );
            }
            let Some(child) = values.child_data().first() else { return Err(fixed::short(&values)) };
            values = child.slice(values.offset() * size, values.len() * size);
            sizes.push(size);
            field = item.as_ref().clone();
            if sizes.iter().product::<usize>() == shape.iter().product::<usize>()
                && sizes.len() >= shape.len()
            {
                break;
            }
        }
        let flat = sizes.len() == 1 && sizes.iter().product::<usize>() == shape.iter().product::<usize>();
        let DataType::FixedSizeList(item, _) = to.data_type() else { return unsupported(from, to) };
        if sizes != shape && !flat {
            return unsupported_because(from, to, "the shapes differ");
        }
        let child = self.part(&values, &field, item, item.name())?;
        assembled(to.data_type(), data.len(), data.nulls().cloned(), vec![], vec![child])
    }

    fn lists_of_tensor(&mut self, data: &ArrayData, from: &Field, to: &Field) -> Result<ArrayData> {
        let Some((shape, permutation)) = layout(from)? else { return unsupported(from, to) };
        if !permutation.iter().copied().eq(0..shape.len()) {
            return unsupported_because(from, to, "the axes of the tensors don't lie in their own order");
        }
        // One list of all values, as it is stored.
        let nested = matches!(to.data_type(), DataType::FixedSizeList(item, _)
            if matches!(item.data_type(), DataType::FixedSizeList(..)));
        if !nested || shape.len() < 2 {
            return self.storage(data, &plain(from), to);
        }
        let (DataType::FixedSizeList(item, n), Some(values)) = (from.data_type(), data.child_data().first())
        else {
            return unsupported(from, to);
        };
        let size = usize::try_from(*n).unwrap_or(0);
        let mut data_of = values.slice(data.offset() * size, data.len() * size);
        let mut field = item.as_ref().clone();
        let mut rows = data.len() * size;
        for (axis, n) in shape.iter().enumerate().rev() {
            rows = rows.checked_div(*n).unwrap_or(shape.iter().take(axis).product::<usize>() * data.len());
            let list = DataType::FixedSizeList(field.into(), i32::try_from(*n).unwrap_or(0));
            let nulls = if axis == 0 { data.nulls().cloned() } else { None };
            data_of = assembled(&list, rows, nulls, vec![], vec![data_of])?;
            field = Field::new("item", list, true);
        }
        self.storage(&data_of, &field, to)
    }
}

/// Shape and permutation of a tensor.
fn layout(field: &Field) -> Result<Option<(Vec<usize>, Vec<usize>)>> {
    let DataType::FixedSizeList(_, n) = field.data_type() else { return Ok(None) };
    let tensor = tensor(field, usize::try_from(*n).unwrap_or(0))?;
    Ok(Some((tensor.shape, tensor.permutation)))
}

/// Whether two fields of this extension mean the same.
fn known(extension: Extension) -> bool {
    !matches!(extension, Extension::Unknown | Extension::Opaque)
}

/// The field without its extension.
fn plain(field: &Field) -> Field {
    Field::new("", field.data_type().clone(), true)
}
