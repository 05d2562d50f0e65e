//! Structs: field by field, by name.

use arrow_data::ArrayData;
use arrow_schema::{Field, Fields};

use super::{Cast, assembled, unsupported_because};
use crate::error::Result;

impl Cast<'_> {
    pub(super) fn fields(
        &mut self,
        data: &ArrayData,
        (from, from_fields): (&Field, &Fields),
        (to, to_fields): (&Field, &Fields),
    ) -> Result<ArrayData> {
        let mut children = Vec::with_capacity(to_fields.len());
        let unique =
            |fields: &Fields, name: &str| fields.iter().filter(|field| field.name() == name).count() == 1;
        for field in to_fields {
            let name = field.name();
            let Some((place, own)) = from_fields.find(name) else {
                return unsupported_because(from, to, &format!("there is no field {name:?}"));
            };
            if !unique(from_fields, name) || !unique(to_fields, name) {
                return unsupported_because(from, to, &format!("more than one field is called {name:?}"));
            }
            let Some(child) = data.child_data().get(place) else { return Err(super::fixed::short(data)) };
            let child = child.slice(data.offset(), data.len());
            children.push(self.beneath(&child, own, field, name, data.nulls())?);
        }
        if let Some(left) = from_fields.iter().find(|field| to_fields.find(field.name()).is_none()) {
            let remedy = format!("the field {:?} would be lost: ask for a type that has it", left.name());
            return unsupported_because(from, to, &remedy);
        }
        assembled(to.data_type(), data.len(), data.nulls().cloned(), vec![], children)
    }
}
