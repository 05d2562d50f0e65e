//! Carrying a plan out: views of the producer's memory, and new arrays that are filled.
#![allow(unsafe_code, reason = "arrays are made from memory that a plan has measured or filled")]

use std::any::TypeId;
use std::marker::PhantomData;
use std::mem::MaybeUninit;
use std::ptr::NonNull;

use arrow_buffer::ArrowNativeType;
use ndarray::{
    ArrayD, ArrayView, ArrayView1, ArrayViewD, ArrayViewMut, CowArray, Dimension, IxDyn, ShapeBuilder,
};
use smallvec::SmallVec;
use zerocopy::FromBytes;

use super::item::Item;
use super::ragged::ListOffsets;
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::execute::{Dest, Task, ViewOf};
use crate::options::Order;
use crate::pages::ask_for_huge;
use crate::plan::{Plan, Step};
use crate::source::{Offsets, RowBounds};

pub(super) type Dims = SmallVec<[usize; 4]>;

/// A plan, or a part of one, with what it reads: arrays that are borrowed for `'a`.
#[derive(Clone, Copy)]
pub(super) struct Job<'s, 'a> {
    pub(super) task: Task<'s>,
    arrays: PhantomData<&'a [u8]>,
}

impl<'s, 'a> Job<'s, 'a> {
    /// # Safety
    /// The task reads arrays that are borrowed for `'a`, which views of them are handed out for.
    pub(super) unsafe fn new(task: Task<'s>) -> Self {
        Self { task, arrays: PhantomData }
    }

    pub(super) fn plan(&self) -> &'s Plan {
        self.task.plan()
    }

    /// The first of the fields, or the values of lists.
    pub(super) fn child(&self) -> Option<Self> {
        self.task.children().next().map(|task| Self { task, ..*self })
    }

    /// The planned shape.
    pub(super) fn dims(&self) -> Dims {
        let plan = self.plan();
        std::iter::once(plan.rows.unwrap_or(0)).chain(plan.trailing.iter().copied()).collect()
    }

    pub(super) fn shape(&self, bytes: Option<usize>) -> Dims {
        let mut shape = self.dims();
        shape.extend(bytes);
        shape
    }

    fn columns_first(&self) -> bool {
        matches!(self.plan().step, Step::Matrix { order: Order::F, .. })
    }

    /// A view, or a new array that was filled.
    pub(super) fn values<T: Item>(&self) -> Result<CowArray<'a, T, IxDyn>> {
        let bytes = self.bytes_in::<T>()?;
        if let Some(view) = self.task.view() {
            return self.view(&view, bytes).map(CowArray::from);
        }
        let fill = |dest: &mut Dest<'_>| self.task.fill_values(dest);
        filled(&self.shape(bytes), self.columns_first(), bytes, fill).map(CowArray::from)
    }

    /// The producer's own offsets, where they serve.
    pub(super) fn offsets(&self) -> Option<ListOffsets<'a>> {
        let (rows, _) = self.task.rows()?;
        let RowBounds::Own(offsets) = rows.bounds else { return None };
        // SAFETY: the offsets lie in arrays that are borrowed for 'a.
        let offsets: Offsets<'a> = unsafe { std::mem::transmute::<Offsets<'_>, Offsets<'a>>(offsets) };
        // arrow-rs aligns its arrays.
        Some(match offsets {
            Offsets::I32(_) => {
                ListOffsets::I32(ArrayView1::from(<[i32]>::ref_from_bytes(offsets.bytes()).ok()?).into())
            }
            Offsets::I64(_) => {
                ListOffsets::I64(ArrayView1::from(<[i64]>::ref_from_bytes(offsets.bytes()).ok()?).into())
            }
        })
    }

    /// True where a value is missing.
    pub(super) fn mask(&self) -> Result<ArrayD<bool>> {
        filled(&self.dims(), self.columns_first(), None, |dest| self.task.fill_mask(dest))
    }

    /// The view that is planned; `T` is what the planned dtype is stored as.
    pub(super) fn viewed<T: ArrowNativeType>(&self) -> Result<ArrayViewD<'a, T>> {
        let bytes = match self.plan().dtype {
            Some(DType::Void(n)) => Some(n),
            _ => None,
        };
        match self.task.view() {
            Some(view) => self.view(&view, bytes),
            // There is nothing to view.
            None => ArrayView::from_shape(IxDyn(&self.shape(bytes)), &[])
                .map_err(|why| Error::BadValue(why.to_string())),
        }
    }

    /// The producer's memory as an array.
    fn view<T: Copy + 'static>(&self, view: &ViewOf<'_>, bytes: Option<usize>) -> Result<ArrayViewD<'a, T>> {
        // arrow-rs aligns its arrays.
        if !view.ptr.cast::<T>().is_aligned() {
            let what = format!("an array isn't aligned to {} bytes", align_of::<T>());
            return Err(Error::InvalidArrow { path: String::new(), what });
        }
        // SAFETY: the plan measured the memory of arrays that are borrowed for 'a; its values have the size of
        // `T`, or of `bytes` bytes, and are aligned.
        let shown: ArrayViewD<'a, MaybeUninit<T>> = unsafe { borrow(view, bytes) };
        if TypeId::of::<T>() == TypeId::of::<bool>() {
            // SAFETY: a bool is a byte, and the memory is initialised.
            let byte = |x: &MaybeUninit<T>| unsafe { x.as_ptr().cast::<u8>().read() };
            if shown.iter().any(|x| byte(x) > 1) {
                return Err(Error::UnsupportedType {
                    path: self.plan().path().to_owned(),
                    from: format!("{} with bytes above 1", self.plan().source_name()),
                    to: "a view of bool".to_owned(),
                    remedy: "take it as i8".to_owned(),
                });
            }
        }
        // SAFETY: initialised memory of the producer's; any bits are a `T`, or were looked at.
        Ok(unsafe { shown.assume_init() })
    }

    /// How many `u8` a value of the planned dtype is; `None` where it is one `T`.
    ///
    /// # Errors
    /// Where the plan makes something else, or there is no data.
    pub(super) fn bytes_in<T: Item>(&self) -> Result<Option<usize>> {
        if self.plan().rows.is_none() {
            return Err(Error::BadValue(
                "a schema was planned, which has no values: plan the data".to_owned(),
            ));
        }
        match (self.plan().dtype, T::DTYPE) {
            (Some(planned), asked) if planned == asked => Ok(None),
            (Some(DType::Datetime(_) | DType::Timedelta(_)), DType::Int64) => Ok(None),
            (Some(DType::Void(n)), DType::UInt8) => Ok(Some(n)),
            (planned, asked) => Err(Error::UnsupportedType {
                path: String::new(),
                from: self.plan().source_name(),
                to: asked.to_string(),
                remedy: planned.map_or_else(String::new, |planned| {
                    format!("the plan makes {planned}: execute that, or plan with Options::dtype")
                }),
            }),
        }
    }
}

pub(super) fn check_shape(found: &[usize], wanted: &[usize], what: &str) -> Result<()> {
    if found == wanted {
        return Ok(());
    }
    Err(Error::BadValue(format!(
        "{what} has shape {found:?}, and the result {wanted:?}: pass one of that shape"
    )))
}

/// The elements of an array as memory to fill; with `bytes`, its last dimension are the bytes of an element.
pub(super) fn dest<'o, T, D: Dimension>(
    out: &'o mut ArrayViewMut<'_, T, D>,
    bytes: Option<usize>,
) -> Dest<'o> {
    let itemsize = bytes.unwrap_or(size_of::<T>());
    let dims = out.ndim().saturating_sub(usize::from(bytes.is_some()));
    let size = size_of::<T>() as isize;
    let strides: SmallVec<[isize; 4]> = out.strides().iter().take(dims).map(|step| step * size).collect();
    let shape: Dims = out.shape().iter().take(dims).copied().collect();
    let ptr = NonNull::new(out.as_mut_ptr()).unwrap_or(NonNull::dangling());
    // SAFETY: a unique borrow of all elements, which lie at these strides from the first one.
    unsafe { Dest::from_raw(ptr.cast(), &shape, &strides, itemsize) }
}

/// A new array that `fill` writes all of.
fn filled<T: Item>(
    shape: &[usize],
    columns_first: bool,
    bytes: Option<usize>,
    fill: impl FnOnce(&mut Dest<'_>) -> Result<()>,
) -> Result<ArrayD<T>> {
    let len = shape.iter().try_fold(1usize, |a, n| a.checked_mul(*n)).unwrap_or(usize::MAX);
    let mut memory: Vec<MaybeUninit<T>> = Vec::new();
    memory
        .try_reserve_exact(len)
        .map_err(|why| Error::BadValue(format!("no memory for a result of shape {shape:?}: {why}")))?;
    ask_for_huge(memory.as_ptr(), len);
    // SAFETY: uninitialised elements are what `MaybeUninit` is for, and the capacity is there.
    unsafe { memory.set_len(len) };
    let layout = IxDyn(shape).set_f(columns_first);
    let mut array = ArrayD::from_shape_vec(layout, memory).map_err(|e| Error::BadValue(e.to_string()))?;
    fill(&mut dest(&mut array.view_mut(), bytes))?;
    // SAFETY: the plan wrote every element of its shape.
    Ok(unsafe { array.assume_init() })
}

/// # Safety
/// The view's memory lives for `'a` and holds aligned elements of the size of `T`, or of `bytes` of them.
unsafe fn borrow<'a, T>(view: &ViewOf<'_>, bytes: Option<usize>) -> ArrayViewD<'a, MaybeUninit<T>> {
    let size = size_of::<T>().max(1) as isize;
    let dims = || std::iter::once(&view.rows).chain(&view.trailing);
    let mut shape: Dims = dims().map(|(n, _)| *n).collect();
    let mut strides: Dims = dims().map(|(_, step)| (step / size) as usize).collect();
    if let Some(n) = bytes {
        shape.push(n);
        strides.push(1);
    }
    let shape = IxDyn(&shape).strides(IxDyn(&strides));
    // SAFETY: the caller's promise; shape and strides are those that the plan found.
    unsafe { ArrayViewD::from_shape_ptr(shape, view.ptr.cast()) }
}
