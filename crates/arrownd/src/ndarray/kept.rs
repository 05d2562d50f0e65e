//! A column beside what it borrows.
#![allow(unsafe_code, reason = "a column lives beside the field and the chunks that it borrows")]

use std::fmt;
use std::mem::ManuallyDrop;
use std::ptr::NonNull;

use arrow_schema::Field;

use crate::error::Result;
use crate::options::Options as Words;
use crate::source::{Chunk, Column};

/// A column, beside the field and the chunks that it borrows.
pub(super) struct Kept<'a> {
    column: ManuallyDrop<Column<'a>>,
    field: NonNull<Field>,
    chunks: NonNull<[Chunk<'a>]>,
}

// SAFETY: it owns a column, a field and chunks, all of which may cross threads.
unsafe impl Send for Kept<'_> where (Column<'static>, Field, Chunk<'static>): Send {}
// SAFETY: as above.
unsafe impl Sync for Kept<'_> where (Column<'static>, Field, Chunk<'static>): Sync {}

impl<'a> Kept<'a> {
    pub(super) fn new(field: Field, chunks: Option<Box<[Chunk<'a>]>>, words: &Words) -> Result<Self> {
        let known = chunks.is_some();
        let field = NonNull::from(Box::leak(Box::new(field)));
        let chunks = NonNull::from(Box::leak(chunks.unwrap_or_default()));
        let free = Lent { field, chunks };
        // SAFETY: on the heap, freed by `Drop` alone, after the column: nothing sees it for longer than `Kept` lives.
        let lent_field: &'a Field = unsafe { field.as_ref() };
        // SAFETY: as above.
        let lent_chunks: &'a [Chunk<'a>] = unsafe { chunks.as_ref() };
        let column = if known {
            Column::new(lent_field, lent_chunks, words)?
        } else {
            Column::of_schema(lent_field, words)?
        };
        let column = ManuallyDrop::new(column);
        std::mem::forget(free);
        Ok(Self { column, field, chunks })
    }

    /// The column, for no longer than this lives.
    pub(super) fn column(&self) -> &Column<'_> {
        &self.column
    }
}

impl fmt::Debug for Kept<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.column().fmt(f)
    }
}

impl Drop for Kept<'_> {
    fn drop(&mut self) {
        // SAFETY: dropped once, here, before what it borrows.
        unsafe { ManuallyDrop::drop(&mut self.column) };
        drop(Lent { field: self.field, chunks: self.chunks });
    }
}

/// Frees what a column borrows.
struct Lent<'a> {
    field: NonNull<Field>,
    chunks: NonNull<[Chunk<'a>]>,
}

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        // SAFETY: leaked by `Kept::new`, and no column borrows it any more.
        drop(unsafe { Box::from_raw(self.field.as_ptr()) });
        // SAFETY: as above.
        drop(unsafe { Box::from_raw(self.chunks.as_ptr()) });
    }
}
