//! Arrays as the engine takes them.
#![allow(unsafe_code, reason = "the engine is told where arrays lie that are lent to it")]

use std::marker::PhantomData;
use std::sync::Arc;

use ndarray::ArrayViewD;
use smallvec::SmallVec;

use super::element::Value;
use super::held::Held;
use crate::dense::{
    ArrowMemory, Columns, Dense, Input, Made, Mask, Options, Shape, Strides, check_copies, execute, plan,
};
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::plan::Plan;

/// Arrays as the engine takes them, some of which may be lent for `'a`: nothing that is made keeps those.
#[derive(Debug)]
pub struct Imported<'a> {
    input: Input,
    lent: PhantomData<&'a [u8]>,
}

/// Bytes from one element to the next.
fn steps<T>(array: &ArrayViewD<'_, T>) -> Strides {
    array.strides().iter().map(|step| step.wrapping_mul(size_of::<T>() as isize)).collect()
}

/// Refuses a value without rows.
pub(super) fn check_rows(shape: &[usize]) -> Result<()> {
    if !shape.is_empty() {
        return Ok(());
    }
    Err(Error::UnsupportedType {
        path: String::new(),
        from: "an array without dimensions".to_owned(),
        to: "Arrow".to_owned(),
        remedy: "use array.insert_axis(Axis(0))".to_owned(),
    })
}

/// Refuses names that aren't those of a matrix's columns.
pub(super) fn check_names(names: &[String], shape: &[usize]) -> Result<()> {
    match *shape {
        [_, columns] if names.len() == columns => Ok(()),
        [_, columns] => {
            let given = names.len();
            Err(Error::BadValue(format!(
                "{given} names were passed, and the matrix has {columns} columns: pass one for each"
            )))
        }
        _ => {
            let found = shape.len();
            Err(Error::BadValue(format!(
                "a table is made of two dimensions, and the array has {found}: reshape it"
            )))
        }
    }
}

impl<'a> Imported<'a> {
    /// Values, and a mask that is true where one is missing; with names, the columns of a matrix.
    pub(super) fn of_values<'v: 'a, T: Value>(
        values: Held<'v, T>,
        mask: Option<&'a Held<'_, bool>>,
        names: Option<Vec<String>>,
    ) -> Result<Self> {
        let shape = Shape::from_slice(values.view().shape());
        check_rows(&shape)?;
        let mask = mask.map(Held::view);
        if let Some(mask) = mask.as_ref().filter(|mask| mask.shape() != shape.as_slice()) {
            return Err(Error::BadValue(format!(
                "the mask has shape {:?}, and the values {:?}: pass one for each value",
                mask.shape(),
                shape.as_slice()
            )));
        }
        let mut array = dense(values, &shape)?;
        if let Some(mask) = mask {
            // SAFETY: the mask is lent for 'a, which `Imported` doesn't outlive; a bool is a byte.
            let lent = unsafe { Mask::lent(mask.as_ptr().cast(), &shape, &steps(&mask)) };
            array = array.masked(lent);
        }
        let Some(names) = names else { return Ok(Self::new(Input::Dense(array))) };
        check_names(&names, &shape)?;
        let other = || Error::BadValue("names are for a matrix".to_owned());
        Ok(Self::new(Input::Struct(array.columns(names).ok_or_else(other)?)))
    }

    /// Values that were made already, in C order.
    pub(super) fn of_made(dtype: DType, shape: &[usize], made: Made) -> Self {
        Self::new(Input::Made { dtype, shape: Shape::from_slice(shape), made })
    }

    /// Columns of a matrix that were made already.
    pub(super) fn of_columns(
        dtype: DType,
        shape: &[usize],
        columns: impl IntoIterator<Item = (String, Made)>,
    ) -> Self {
        let rows = shape.first().copied().unwrap_or(0);
        let column = |(name, made)| (name, Input::Made { dtype, shape: Shape::from_slice(&[rows]), made });
        Self::new(Input::Struct(Columns {
            dtype: Some(dtype),
            shape: Shape::from_slice(shape),
            outer: 1,
            fields: columns.into_iter().map(column).collect(),
            masks: SmallVec::new(),
        }))
    }

    fn new(input: Input) -> Self {
        Self { input, lent: PhantomData }
    }

    /// What will be done.
    pub(super) fn plan(&self, options: &Options) -> Result<Plan> {
        plan(&self.input, options)
    }

    /// Does it.
    pub(super) fn made(self, options: &Options) -> Result<Made> {
        let plan = self.plan(options)?;
        check_copies(&plan, options)?;
        execute(&plan, &self.input, &mut ArrowMemory)
    }
}

/// What is lent has to be lent for as long as the result is used.
fn dense<T: Value>(values: Held<'_, T>, shape: &[usize]) -> Result<Dense> {
    let strides = steps(&values.view());
    match values {
        Held::Moved(array) => {
            let (values, first) = array.into_raw_vec_and_offset();
            let offset = first.unwrap_or(0).saturating_mul(size_of::<T>());
            Dense::of_buffer(T::into_buffer(values), offset, T::DTYPE, shape, &strides)
        }
        Held::Shared(array) => {
            let (ptr, owner) = (array.as_ptr().cast(), Arc::new(array));
            // SAFETY: an `ArcArray` keeps its elements where they are, and whoever else holds it copies before
            // writing.
            Ok(unsafe { Dense::new(ptr, T::DTYPE, false, shape, &strides, owner) })
        }
        Held::Lent { view, moves } => {
            // SAFETY: the elements of a view may be read, as long as they are lent.
            let lent = unsafe { Dense::lent(view.as_ptr().cast(), T::DTYPE, shape, &strides) };
            Ok(lent.borrowed(!moves))
        }
    }
}
