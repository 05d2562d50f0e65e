//! How far the options ask types to be taken apart.

use crate::options::{Form, Lists, Options};

/// How deep the types are taken apart.
#[derive(Debug, Clone)]
pub(super) struct Reading {
    /// What becomes of lists; `None` leaves them whole.
    pub(super) lists: Option<Lists>,
    pub(super) pad_to: Option<usize>,
    /// How many levels of structs become columns.
    pub(super) structs: usize,
    /// Values become objects, whatever they are.
    pub(super) objects: bool,
    /// Arrays of lists may show the child wherever they lie in it, overlapping each other.
    pub(super) apart: bool,
}

impl Reading {
    pub(super) fn of(options: &Options) -> Self {
        let objects = options.dtype == Some(crate::dtype::DType::Object);
        let lists = options.lists.unwrap_or(Lists::Dense);
        Self {
            lists: if options.form == Form::Ragged {
                Some(Lists::Object)
            } else if objects && options.lists.is_none() {
                None
            } else {
                Some(lists)
            },
            pad_to: options.pad_to,
            structs: match options.form {
                _ if options.structured => usize::MAX,
                Form::Matrix | Form::Ragged => 1,
                Form::Columns => 2,
            },
            objects,
            apart: options.form != Form::Ragged && options.dtype.is_none() && !options.writable,
        }
    }

    /// For the values of lists that become arrays of their own.
    pub(super) fn of_values(&self) -> Self {
        Self { structs: self.structs.max(1), ..self.clone() }
    }
}
