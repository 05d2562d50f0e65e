//! Types with others in them.

use std::sync::Arc;

use arrow_schema::{DataType, Field, FieldRef, Fields, UnionFields, UnionMode};

use super::{Parser, plain};
use crate::error::Result;

impl Parser<'_> {
    /// The type of that name, with what is in it; `None` where it isn't one of these.
    pub(super) fn nested(&mut self, name: &str) -> Result<Option<Field>> {
        use DataType as T;
        Ok(Some(match name {
            "list" => plain(T::List(self.only_child()?)),
            "large_list" => plain(T::LargeList(self.only_child()?)),
            "list_view" => plain(T::ListView(self.only_child()?)),
            "large_list_view" => plain(T::LargeListView(self.only_child()?)),
            "fixed_size_list" => plain(self.fixed_size_list()?),
            "struct" => plain(T::Struct(self.fields()?)),
            "map" => plain(self.map()?),
            "dictionary" => self.dictionary()?,
            "run_end_encoded" => plain(self.run_end_encoded()?),
            "dense_union" => plain(self.union(UnionMode::Dense)?),
            "sparse_union" => plain(self.union(UnionMode::Sparse)?),
            "extension" => {
                self.expect("<")?;
                let name = self.word();
                let Some(field) = self.extension(name)? else {
                    return self.refuse(format!(
                        "the extension {name:?} isn't known by its name alone: pass the type itself"
                    ));
                };
                self.expect(">")?;
                field
            }
            other => return self.extension(other),
        }))
    }

    /// Whether a type is followed by the word that forbids missing values.
    fn nullable(&mut self) -> bool {
        !self.took("not null")
    }

    pub(super) fn child(&mut self, name: &str) -> Result<Field> {
        let field = self.field()?.with_name(name);
        Ok(field.with_nullable(self.nullable()))
    }

    /// `name: type`, the name in quotes where it has signs in it that mean something here.
    fn named(&mut self) -> Result<Field> {
        self.spaces();
        let name = if self.rest.starts_with('"') {
            let mut values = serde_json::Deserializer::from_str(self.rest).into_iter::<String>();
            let Some(Ok(name)) = values.next() else { return self.fail("no quoted name:") };
            let (_, rest) = self.rest.split_at(values.byte_offset());
            self.rest = rest;
            name
        } else {
            match self.rest.split_once(':') {
                Some((name, rest)) => {
                    // The colon is read below.
                    self.rest = &self.rest[self.rest.len() - rest.len() - 1..];
                    name.trim().to_owned()
                }
                None => return self.fail("a field's name and a colon belong before"),
            }
        };
        self.expect(":")?;
        self.child(&name)
    }

    fn only_child(&mut self) -> Result<FieldRef> {
        let (child, end) = match self.open() {
            Some("]") => (self.child("item")?, "]"),
            Some(">") => (self.named()?, ">"),
            _ => return self.fail("what is in the list belongs before"),
        };
        self.expect(end)?;
        Ok(Arc::new(child))
    }

    fn size(&mut self) -> Result<i32> {
        let size: i32 = self.integer()?;
        if size < 0 { self.refuse(format!("a size of {size}")) } else { Ok(size) }
    }

    fn fixed_size_list(&mut self) -> Result<DataType> {
        if self.took("[") {
            let child =
                if self.rest.trim_start().starts_with('"') { self.named()? } else { self.child("item")? };
            self.expect(",")?;
            let size = self.size()?;
            self.expect("]")?;
            return Ok(DataType::FixedSizeList(Arc::new(child), size));
        }
        let child = self.only_child()?;
        self.expect("[")?;
        let size = self.size()?;
        self.expect("]")?;
        Ok(DataType::FixedSizeList(child, size))
    }

    fn fields(&mut self) -> Result<Fields> {
        let Some(end) = self.open() else {
            return self.fail("the fields of a struct belong before");
        };
        let mut fields = Vec::new();
        if self.took(end) {
            return Ok(Fields::empty());
        }
        loop {
            fields.push(self.named()?);
            if !self.took(",") {
                break;
            }
        }
        self.expect(end)?;
        Ok(fields.into())
    }

    /// A key or a value, by its name where that isn't the usual one: `int64 ('v')`.
    fn entry(&mut self, usual: &str) -> Result<Field> {
        let field = self.child(usual)?;
        if !self.took("('") {
            return Ok(field);
        }
        let Some((name, rest)) = self.rest.split_once("')") else {
            return self.fail("\"')\" is missing after");
        };
        self.rest = rest;
        Ok(field.with_name(name))
    }

    fn map(&mut self) -> Result<DataType> {
        let Some(end) = self.open() else {
            return self.fail("the types of keys and values belong before");
        };
        let key = self.entry("key")?.with_nullable(false);
        self.expect(",")?;
        let value = self.entry("value")?;
        let sorted = self.took(",");
        if sorted {
            self.expect("keys_sorted")?;
        }
        self.expect(end)?;
        let entries = Field::new("entries", DataType::Struct(vec![key, value].into()), false);
        Ok(DataType::Map(Arc::new(entries), sorted))
    }

    fn dictionary(&mut self) -> Result<Field> {
        let (index, values, ordered) = if self.took("<") {
            self.expect("values=")?;
            let values = self.field()?;
            self.expect(",")?;
            self.expect("indices=")?;
            let index = self.field()?;
            self.expect(",")?;
            self.expect("ordered=")?;
            let ordered = self.integer::<u8>()? != 0;
            self.expect(">")?;
            (index, values, ordered)
        } else {
            self.expect("[")?;
            let index = self.field()?;
            self.expect(",")?;
            let values = self.field()?;
            let ordered = self.took(",");
            if ordered {
                self.expect("ordered")?;
            }
            self.expect("]")?;
            (index, values, ordered)
        };
        if !index.data_type().is_dictionary_key_type() {
            return self.refuse(format!("a dictionary's indexes are integers, not {}", index.data_type()));
        }
        if !values.metadata().is_empty() {
            return self.refuse("a dictionary of an extension type has no name here: pass the type itself");
        }
        let (index, values) = (index.data_type().clone(), values.data_type().clone());
        Ok(plain(DataType::Dictionary(Box::new(index), Box::new(values))).with_dict_is_ordered(ordered))
    }

    fn run_end_encoded(&mut self) -> Result<DataType> {
        let (ends, values) = if self.took("<") {
            self.expect("run_ends:")?;
            let ends = self.field()?;
            self.expect(",")?;
            self.expect("values:")?;
            let values = self.child("values")?;
            self.expect(">")?;
            (ends, values)
        } else {
            self.expect("[")?;
            let first = self.field()?;
            let both = if self.took(",") {
                (first, self.child("values")?)
            } else {
                // The run ends are left out where they are of the usual width.
                (plain(DataType::Int32), first.with_name("values").with_nullable(self.nullable()))
            };
            self.expect("]")?;
            both
        };
        if !matches!(ends.data_type(), DataType::Int16 | DataType::Int32 | DataType::Int64) {
            return self.refuse(format!("run ends are int16, int32 or int64, not {}", ends.data_type()));
        }
        let ends = ends.with_name("run_ends").with_nullable(false);
        Ok(DataType::RunEndEncoded(Arc::new(ends), Arc::new(values)))
    }

    fn union(&mut self, mode: UnionMode) -> Result<DataType> {
        let Some(end) = self.open() else {
            return self.fail("the fields of a union and their ids belong before");
        };
        let (mut ids, mut fields) = (Vec::new(), Vec::new());
        if !self.took(end) {
            loop {
                fields.push(self.named()?);
                self.expect("=")?;
                ids.push(self.integer::<i8>()?);
                if !self.took(",") {
                    break;
                }
            }
            self.expect(end)?;
        }
        match UnionFields::try_new(ids, fields) {
            Ok(fields) => Ok(DataType::Union(fields, mode)),
            Err(why) => self.refuse(why),
        }
    }
}
