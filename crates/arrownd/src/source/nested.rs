//! The border: types with children, one function each.
#![allow(unsafe_code, reason = "the border reads foreign memory")]

use arrow_schema::{Field, Fields, UnionFields, UnionMode};

use super::content;
use super::data::{Data, places};
use super::node::Node;
use super::path::Path;
use crate::error::Result;

// SAFETY (for each call in this file): the caller's promise, and the window is this node's own
// offset and length.
impl<'a> Node<'a> {
    /// # Safety
    /// As [`read_array`](super::read_array).
    pub(super) unsafe fn list(&self, field: &Field, large: bool, path: &Path<'_>) -> Result<Data<'a>> {
        self.expect(2, 1, path)?;
        // SAFETY: see above.
        let offsets = unsafe { self.offsets_between(self.offset, self.len, large, path) }?;
        let even = content::check_list_offsets(&offsets, path)?;
        // SAFETY: see above.
        let child = Box::new(unsafe { self.whole_child(0, field, "item", path) }?);
        content::check_end(&offsets, self.len, child.len, path)?;
        Ok(Data::List { offsets, even, child })
    }

    /// # Safety
    /// As [`read_array`](super::read_array).
    pub(super) unsafe fn list_view(&self, field: &Field, large: bool, path: &Path<'_>) -> Result<Data<'a>> {
        self.expect(3, 1, path)?;
        // SAFETY: see above.
        let offsets = unsafe { self.offsets(1, self.offset, self.len, large, path) }?;
        // SAFETY: see above.
        let sizes = unsafe { self.offsets(2, self.offset, self.len, large, path) }?;
        // SAFETY: see above.
        let child = Box::new(unsafe { self.whole_child(0, field, "item", path) }?);
        // SAFETY: see above.
        let validity = unsafe { self.validity(0, self.len, path) }?;
        content::check_list_views(&offsets, &sizes, validity.as_ref(), child.len, path)?;
        Ok(Data::ListView { offsets, sizes, child })
    }

    /// # Safety
    /// As [`read_array`](super::read_array).
    pub(super) unsafe fn fixed_size_list(
        &self,
        field: &Field,
        size: i32,
        path: &Path<'_>,
    ) -> Result<Data<'a>> {
        self.expect(1, 1, path)?;
        let size = usize::try_from(size).unwrap_or(0);
        // SAFETY: see above; a window on lists is a window on their values.
        let child = Box::new(unsafe { self.child(0, field, size, path) }?);
        Ok(Data::FixedList { size, child })
    }

    /// # Safety
    /// As [`read_array`](super::read_array).
    pub(super) unsafe fn fields(&self, fields: &Fields, path: &Path<'_>) -> Result<Data<'a>> {
        self.expect(1, fields.len(), path)?;
        // SAFETY: see above.
        unsafe { self.expect_distinct(path) }?;
        let mut children = Vec::with_capacity(fields.len());
        for (i, field) in fields.iter().enumerate() {
            // SAFETY: see above.
            children.push(unsafe { self.child(i, field, 1, path) }?);
        }
        Ok(Data::Struct(children))
    }

    /// # Safety
    /// As [`read_array`](super::read_array).
    pub(super) unsafe fn runs(&self, run_ends: &Field, values: &Field, path: &Path<'_>) -> Result<Data<'a>> {
        self.expect(0, 2, path)?;
        // SAFETY: see above.
        let ends = Box::new(unsafe { self.whole_child(0, run_ends, "run_ends", path) }?);
        // SAFETY: see above.
        let values = Box::new(unsafe { self.whole_child(1, values, "values", path) }?);
        content::check_run_ends(&ends, values.len, self.offset, self.len, path)?;
        Ok(Data::RunEnds { offset: self.offset, run_ends: ends, values })
    }

    /// # Safety
    /// As [`read_array`](super::read_array).
    pub(super) unsafe fn union(
        &self,
        fields: &UnionFields,
        mode: UnionMode,
        path: &Path<'_>,
    ) -> Result<Data<'a>> {
        let dense = mode == UnionMode::Dense;
        self.expect(if dense { 2 } else { 1 }, fields.len(), path)?;
        // SAFETY: see above.
        let ids = unsafe { self.items(0, self.offset, self.len, 1, path) }?;
        let mut children = Vec::with_capacity(fields.len());
        for (i, (id, field)) in fields.iter().enumerate() {
            let child = if dense {
                // SAFETY: see above.
                unsafe { self.whole_child(i, field, &id.to_string(), path) }
            } else {
                // SAFETY: see above.
                unsafe { self.child(i, field, 1, path) }
            };
            children.push(child?);
        }
        let offsets = if dense {
            // SAFETY: see above.
            Some(unsafe { self.offsets(1, self.offset, self.len, false, path) }?)
        } else {
            None
        };
        content::check_union(fields, ids, offsets.as_ref(), &children, path)?;
        Ok(Data::Union { ids, offsets, places: places(fields), children })
    }
}
