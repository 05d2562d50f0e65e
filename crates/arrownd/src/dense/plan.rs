//! The plan of the other way: a pure function of facts and options.

use arrow_schema::{DataType, Field, Fields};

use super::array::{Columns, Input, Shape};
use super::cast;
use super::encoded::encoded_values;
use super::facts::{Facts, any_masked};
use super::made::ITEM;
use super::options::{OnWritable, Options};
use super::step::{ToArrow, Values};
use super::target::{Aim, Recode, Target, aim, target, wanted_field};
use super::tensor;
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::plan::{Note, Plan, Reason, Reasons, Step, Transfer, distinct, type_name};

/// Plans the way to Arrow. *O(fields)*; masks and markers are read up to the first missing value.
///
/// A copy that `allow_copy = false` forbids is refused by [`check_copies`], so that a refused plan can still be looked
/// at.
///
/// # Errors
/// [`Error::UnsupportedType`] for what Arrow has no type for, and for a wanted type that nothing converts to;
/// [`Error::BadValue`] for columns of unequal length; each names the field.
///
/// ```
/// use arrownd::DType;
/// use arrownd::engine::dense::{Dense, Input, Options, plan};
/// use std::sync::Arc;
///
/// let owner = Arc::new([1i16, 2, 3, 4]);
/// // SAFETY: the owner keeps four values at that address; every second is an element.
/// let dense = unsafe { Dense::new(owner.as_ptr().cast(), DType::Int16, false, &[2], &[4], owner) };
/// let plan = plan(&Input::Dense(dense), &Options::default())?;
/// assert_eq!(plan.reasons(), [arrownd::Reason::Strided]);
/// assert_eq!(plan.nbytes(), Some(4));
/// # Ok::<(), arrownd::Error>(())
/// ```
pub fn plan(input: &Input, options: &Options) -> Result<Plan> {
    let mut whole = node(input, options, 1)?;
    place(&mut whole, "");
    Ok(whole)
}

/// Refuses what `allow_copy = false` forbids. *O(fields)*.
///
/// # Errors
/// [`Error::CopyNotAllowed`] with the plan's reasons.
///
/// ```
/// use arrownd::DType;
/// use arrownd::engine::dense::{Dense, Input, Options, check_copies, plan};
/// use std::sync::Arc;
///
/// let owner = Arc::new([true, false]);
/// // SAFETY: the owner keeps two bytes at that address.
/// let bools = unsafe { Dense::new(owner.as_ptr().cast(), DType::Bool, false, &[2], &[1], owner) };
/// let options = Options { allow_copy: false, ..Options::default() };
/// let plan = plan(&Input::Dense(bools), &options)?;
/// assert!(check_copies(&plan, &options).is_err());
/// assert!(check_copies(&plan, &Options::default()).is_ok());
/// # Ok::<(), arrownd::Error>(())
/// ```
pub fn check_copies(plan: &Plan, options: &Options) -> Result<()> {
    plan.check_copies(&crate::options::Options {
        allow_copy: options.allow_copy,
        ..crate::options::Options::default()
    })
}

/// Writes the paths, which only the top knows.
fn place(plan: &mut Plan, path: &str) {
    path.clone_into(&mut plan.path);
    for child in &mut plan.children {
        let name = child.name.clone().unwrap_or_default();
        let dot = if path.is_empty() { "" } else { "." };
        place(child, &format!("{path}{dot}{name}"));
    }
}

fn node(input: &Input, options: &Options, outer: usize) -> Result<Plan> {
    match input {
        Input::Dense(dense) => {
            let shape = flattened(&dense.shape, outer);
            let aim = aim(options.wanted.as_ref(), shape.get(1..).unwrap_or_default())?;
            let parts = dense.dtype.complex_part().is_some();
            let wanted = aim.values.as_ref().filter(|_| !parts);
            let target = target(dense.dtype, wanted, options.nan_as_null)?;
            leaf(&Facts::of(dense, target.marker), &shape, target, aim, options)
        }
        Input::Made { dtype, shape, made } => {
            let shape = flattened(shape, outer);
            let reason = match dtype {
                DType::Object => Reason::FromObjects,
                DType::ByteString(_) | DType::Unicode(_) | DType::Strings { .. } => Reason::ToOffsets,
                _ => Reason::Optional,
            };
            let mut parts = Parts::new(*dtype, &shape, Values::Made, options.safe);
            parts.nbytes = bytes_of(&made.data);
            if made.data.nulls().is_some() {
                parts.notes.push(Note::Bitmap { nbytes: made.data.len().div_ceil(8) });
            }
            if !made.data.is_empty() {
                parts.reasons.push(reason);
            }
            let aim = aim(options.wanted.as_ref(), shape.get(1..).unwrap_or_default())?;
            // What was encoded on the way is no less converted.
            let asked = aim.values.as_ref().is_some_and(|to| to.data_type() == made.field.data_type());
            if let (true, false, Some(values)) = (asked, made.data.is_empty(), encoded_values(&made.field)) {
                parts.reasons.push(Reason::ToType {
                    from: type_name(&values),
                    to: type_name(&made.field),
                    asked,
                });
            }
            parts.finish(made.field.as_ref().clone(), aim, &shape)
        }
        Input::Struct(columns) => structs(columns, options, outer),
    }
}

/// The shape with the first `outer` dimensions as one.
pub(super) fn flattened(shape: &[usize], outer: usize) -> Shape {
    let (rows, dims) = shape.split_at_checked(outer).unwrap_or((shape, &[]));
    let rows = rows.iter().fold(1usize, |a, n| a.saturating_mul(*n));
    std::iter::once(rows).chain(dims.iter().copied()).collect()
}

fn bytes_of(data: &arrow_data::ArrayData) -> usize {
    let own: usize = data.buffers().iter().map(arrow_buffer::Buffer::len).sum();
    let nulls = data.nulls().map_or(0, |nulls| nulls.len().div_ceil(8));
    own + nulls + data.child_data().iter().map(bytes_of).sum::<usize>()
}

/// What is known of a plan on the way to it.
struct Parts {
    dtype: Option<DType>,
    rows: usize,
    dims: Vec<usize>,
    values: Values,
    reasons: Reasons,
    notes: Vec<Note>,
    nbytes: usize,
    children: Vec<Plan>,
    safe: bool,
}

impl Parts {
    fn new(dtype: DType, shape: &[usize], values: Values, safe: bool) -> Self {
        let (rows, dims) = shape.split_first().map_or((1, &[][..]), |(rows, dims)| (*rows, dims));
        Self {
            dtype: Some(dtype),
            rows,
            dims: dims.to_vec(),
            values,
            reasons: Reasons::new(),
            notes: Vec::new(),
            nbytes: 0,
            children: Vec::new(),
            safe,
        }
    }

    fn len(&self) -> usize {
        self.dims.iter().fold(self.rows, |a, n| a.saturating_mul(*n))
    }

    /// Notes what a conversion of everything costs.
    fn convert(&mut self, from: &Field, to: &Field, len: usize) -> Result<()> {
        if cast::copies(from, to)? && len > 0 {
            self.reasons.push(Reason::ToType { from: type_name(from), to: type_name(to), asked: true });
            self.nbytes += to.data_type().primitive_width().unwrap_or(0).saturating_mul(len);
        }
        Ok(())
    }

    /// The plan, once the type of the values is known.
    fn finish(mut self, values: Field, aim: Aim, shape: &[usize]) -> Result<Plan> {
        let (dims, len) = (shape.get(1..).unwrap_or_default(), self.len());
        let (mut field, mut cast_values) = (values, None);
        if let Some(wanted) = aim.values {
            if field.data_type() != wanted.data_type() {
                self.convert(&field, &wanted, len)?;
            }
            // The metadata may say more than the type does.
            cast_values = (field != wanted).then(|| wanted.clone());
            field = wanted;
        }
        let mut as_tensor = None;
        if aim.tensor {
            let axes = match &self.values {
                Values::Dense { axes, .. } => axes.as_deref(),
                _ => None,
            };
            field = tensor::field(&field, dims, axes)?;
            as_tensor = Some(field.clone());
        } else {
            for size in dims.iter().rev() {
                let width = i32::try_from(*size).map_err(|_| too_wide(*size))?;
                let item = field.with_name(ITEM);
                field = Field::new("", DataType::FixedSizeList(item.into(), width), true);
            }
        }
        let mut cast_whole = None;
        if let Some(wanted) = aim.whole {
            if field.data_type() != wanted.data_type() {
                self.convert(&field, &wanted, len)?;
            }
            cast_whole = (field != wanted).then(|| wanted.clone());
            field = wanted;
        }
        let empty = len == 0 && self.children.is_empty();
        let reasons = if empty { Reasons::new() } else { distinct(self.reasons.iter()) };
        let step = ToArrow {
            field: field.with_name(""),
            values: self.values,
            cast_values,
            tensor: as_tensor,
            cast_whole,
            safe: self.safe,
        };
        Ok(Plan {
            name: None,
            path: String::new(),
            source: step.field.data_type().clone(),
            dtype: self.dtype,
            dtype_with_nulls: self.dtype,
            trailing: self.dims.into(),
            unknown: Vec::new(),
            rows: Some(self.rows),
            transfer: if reasons.is_empty() { Transfer::View } else { Transfer::Copy(reasons) },
            masked: false,
            nbytes: Some(self.nbytes),
            notes: self.notes,
            children: self.children,
            step: Step::ToArrow(Box::new(step)),
        })
    }
}

fn too_wide(size: usize) -> Error {
    Error::UnsupportedType {
        path: String::new(),
        from: format!("a dimension of {size}"),
        to: "fixed_size_list".to_owned(),
        remedy: "Arrow's fixed-size lists have at most 2147483647 values: reshape the array".to_owned(),
    }
}

/// View or copy of an array of fixed-width values.
fn leaf(facts: &Facts, shape: &[usize], target: Target, aim: Aim, options: &Options) -> Result<Plan> {
    let mut parts = Parts::new(facts.dtype, shape, Values::Made, options.safe);
    let len = parts.len();
    // A tensor may lie in another order than C's, and says so.
    let wanted_order = match (&aim.whole, aim.tensor) {
        (Some(wanted), true) => tensor::axes(wanted, shape.get(1..).unwrap_or_default())?,
        _ => None,
    };
    let mut axes = wanted_order;
    let free = aim.tensor && aim.whole.is_none();
    let contiguous = match &axes {
        Some(_) => axes == facts.axes,
        None => facts.contiguous || (free && facts.axes.is_some() && target.recode == Recode::Same),
    };
    match target.recode {
        Recode::Same => {}
        Recode::Bits => parts.reasons.push(Reason::ToBits),
        Recode::Ticks { .. } => parts.reasons.push(Reason::ToType {
            from: facts.dtype.to_string(),
            to: type_name(&target.field),
            asked: aim.values.is_some(),
        }),
    }
    if !contiguous {
        parts.reasons.push(Reason::Strided);
    }
    if facts.swapped {
        parts.reasons.push(Reason::ByteOrder);
    }
    if !facts.aligned {
        parts.reasons.push(Reason::Misaligned);
    }
    let sharable = parts.reasons.is_empty();
    if sharable && facts.writable && options.on_writable == OnWritable::Copy {
        parts.reasons.push(Reason::Requested { option: "OnWritable::Copy" });
    }
    if sharable && facts.borrowed {
        parts.reasons.push(Reason::Borrowed);
    }
    let shared = parts.reasons.is_empty();
    parts.reasons.extend_from_slice(&facts.copied);
    if shared && free && !facts.contiguous {
        axes.clone_from(&facts.axes);
    }
    if len > 0 && !parts.reasons.is_empty() {
        parts.nbytes += match target.recode {
            Recode::Same => len.saturating_mul(facts.dtype.itemsize()),
            Recode::Bits => len.div_ceil(8),
            Recode::Ticks { narrow, .. } => len.saturating_mul(if narrow { 4 } else { 8 }),
        };
    }
    if facts.missing {
        parts.nbytes += len.div_ceil(8);
        parts.notes.push(Note::Bitmap { nbytes: len.div_ceil(8) });
    }
    if let (DType::Datetime(_), DataType::Timestamp(_, Some(zone))) = (facts.dtype, target.field.data_type())
    {
        parts.notes.push(Note::TakenAsUtc(zone.to_string()));
    }
    parts.values = Values::Dense {
        recode: target.recode,
        marker: target.marker.filter(|_| facts.missing),
        missing: facts.missing,
        shared,
        axes,
        target: target.field.clone(),
    };
    let mut field = target.field;
    if facts.dtype.complex_part().is_some() {
        field = Field::new("", DataType::FixedSizeList(field.with_name(ITEM).into(), 2), true);
    }
    let mut plan = parts.finish(field, aim, shape)?;
    // A conversion at the end shares nothing with the array.
    if len > 0 && shared && facts.writable && plan.copies() == Some(false) {
        plan.notes.push(if options.on_writable == OnWritable::Freeze {
            Note::Frozen
        } else {
            Note::Writable
        });
    }
    Ok(plan)
}

fn structs(columns: &Columns, options: &Options, outer: usize) -> Result<Plan> {
    // Records in an array of several dimensions are lists of structs.
    let shape = flattened(&columns.shape, outer);
    let dims = shape.get(1..columns.outer + 1 - outer).unwrap_or_default();
    let rows = dims.iter().fold(shape.first().copied().unwrap_or(0), |a, n| a.saturating_mul(*n));
    let within = aim(options.wanted.as_ref(), dims)?;
    if within.tensor {
        return Err(Error::BadValue(
            "a tensor is made of one array of numbers: pass the types of the fields as a struct".to_owned(),
        ));
    }
    let wanted = within.values.clone().map(super::type_name::Wanted::Field);
    let mut fields = Vec::with_capacity(columns.fields.len());
    let mut children = Vec::with_capacity(columns.fields.len());
    for (name, input) in &columns.fields {
        let options = options.with_wanted(wanted_field(wanted.as_ref(), name));
        let mut child = node(input, &options, columns.outer).map_err(|error| error.within(name))?;
        if child.rows != Some(rows) {
            return Err(Error::BadValue(format!(
                "field {name:?} has {} rows, and the others have {rows}: pass arrays of one length",
                child.rows.unwrap_or(0)
            )));
        }
        let Step::ToArrow(step) = &child.step else { continue };
        fields.push(step.field.clone().with_name(name));
        child.name = Some(name.clone());
        children.push(child);
    }
    let missing = any_masked(&columns.masks);
    let mut parts = Parts::new(DType::Object, &shape, Values::Struct { missing }, options.safe);
    parts.dtype = columns.dtype;
    parts.reasons = distinct(children.iter().flat_map(|plan| plan.reasons().iter()));
    parts.nbytes = children.iter().filter_map(|plan| plan.nbytes).sum();
    // What all fields say is said once.
    for note in [Note::Writable, Note::Frozen] {
        if children.iter().any(|child| child.notes.contains(&note)) {
            for child in &mut children {
                child.notes.retain(|own| *own != note);
            }
            parts.notes.push(note);
        }
    }
    if missing {
        parts.nbytes += rows.div_ceil(8);
        parts.notes.push(Note::Bitmap { nbytes: rows.div_ceil(8) });
    }
    parts.children = children;
    let field = Field::new("", DataType::Struct(Fields::from(fields)), true);
    let list_shape: Shape = shape.first().copied().into_iter().chain(dims.iter().copied()).collect();
    parts.finish(field, within, &list_shape)
}
