//! Step 2, plan: facts and options become a [`Plan`]. Pure: no value is read, no pointer followed.
//! View or copy is decided here and nowhere else.

mod codes;
mod convert;
mod display;
mod facts;
mod fill;
mod leaf;
mod matrix;
mod outs;
mod promote;
mod reason;
mod records;
mod refusal;
mod rows;

use arrow_schema::{DataType, Field};

pub(crate) use codes::codes;
pub use codes::{CodeFacts, CodesPlan};
pub use convert::Op;
pub(crate) use convert::{rescale, viewed_as};
pub(crate) use display::short_type;
pub use facts::{Facts, FactsNode, LeafFacts};
pub use reason::{Note, Reason, Reasons};

use crate::dense::ToArrow;
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::mapping::Element;
use crate::options::{Fill, Form, Options, Order, RecordType};
use crate::source::Dims;

/// View or copy.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Transfer {
    /// The values are viewed where the producer keeps them (or there are none).
    View,
    /// The values are copied in one pass, for these reasons: at least one.
    Copy(Reasons),
}

/// What a conversion does: the same plan is what runs, what `explain` prints, and what a refused
/// copy carries.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    pub(crate) name: Option<String>,
    /// Where it is in the input, for messages; empty at the top.
    pub(crate) path: String,
    pub(crate) source: DataType,
    pub(crate) dtype: Option<DType>,
    pub(crate) dtype_with_nulls: Option<DType>,
    /// Dimensions after the rows; none for one array a field.
    pub(crate) trailing: Dims,
    /// Those of them whose length isn't known.
    pub(crate) unknown: Vec<usize>,
    pub(crate) rows: Option<usize>,
    pub(crate) transfer: Transfer,
    pub(crate) masked: bool,
    pub(crate) nbytes: Option<usize>,
    pub(crate) notes: Vec<Note>,
    pub(crate) children: Vec<Plan>,
    pub(crate) step: Step,
}

/// How a plan is carried out.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// One leaf.
    Leaf(LeafStep),
    /// The children beside each other in one array.
    Matrix {
        /// Its memory order.
        order: Order,
        /// Bytes from one column to the next where all are viewed at once.
        spacing: Option<usize>,
    },
    /// An array for each child.
    Columns,
    /// The children as the fields of records.
    Records(RecordType),
    /// Where each list begins, and the only child: the values of all of them.
    Ragged,
    /// The other way: the array, or the children as fields, becomes Arrow data.
    ToArrow(Box<ToArrow>),
}

/// How one leaf is carried out.
#[derive(Debug, Clone, PartialEq)]
pub struct LeafStep {
    /// How the values lie.
    pub element: Element,
    /// What is done to each.
    pub op: Op,
    /// What goes where a value is missing; `None` where nothing is, or a mask tells.
    pub fill: Option<Fill>,
    /// Whether each value must be held exactly.
    pub check: bool,
    /// For each dimension after the rows, the one in memory that it shows.
    pub axes: Dims,
    /// Dimensions after the rows, as they lie in memory.
    pub dims: Dims,
}

/// Plans the conversion of a column.
///
/// `left_out` are the pandas index columns that the import left out. The copy that
/// `allow_copy = false` forbids is refused by [`Plan::check_copies`], so that a refused plan can
/// still be looked at.
///
/// # Errors
/// [`Error::UnsupportedType`], [`Error::Nulls`], [`Error::LossyCast`] (a fill that doesn't fit),
/// [`Error::Conflict`] and [`Error::BadValue`], each naming the field.
pub fn plan(facts: &Facts<'_>, options: &Options, left_out: &[String]) -> Result<Plan> {
    options.check()?;
    if left_out.is_empty() {
        return column(facts, options, "");
    }
    let mut plan = column(facts, options, "")?;
    plan.notes.push(Note::LeftOut(left_out.to_vec()));
    Ok(plan)
}

fn column(facts: &Facts<'_>, options: &Options, path: &str) -> Result<Plan> {
    match (&facts.node, options.form) {
        (FactsNode::Leaf(leaf), Form::Matrix) => leaf::plan(facts, leaf, options, path),
        (FactsNode::Leaf(leaf), Form::Ragged) => rows::ragged(facts, leaf, options, path),
        (FactsNode::Struct { children, dims, way, spacing }, Form::Matrix) if options.structured => {
            let fields = matrix::Fields { children, dims, way, spacing: *spacing };
            records::plan(facts, &fields, options, path)
        }
        (FactsNode::Struct { children, dims, way, spacing }, Form::Matrix) => {
            let fields = matrix::Fields { children, dims, way, spacing: *spacing };
            matrix::plan(facts, &fields, options, path)
        }
        (FactsNode::Struct { .. }, Form::Ragged) => Err(rows::no_list(facts, path)),
        (FactsNode::Struct { children, .. }, Form::Columns) => columns(facts, children, options, path),
        (FactsNode::Leaf(_), Form::Columns) => Err(Error::Conflict(format!(
            "one array a field takes a struct or table, and the input is {}: use to_numpy",
            type_name(facts.field)
        ))),
    }
}

fn columns(facts: &Facts<'_>, children: &[Facts<'_>], options: &Options, path: &str) -> Result<Plan> {
    fill::check_names(children, options)?;
    let mut plans: Vec<Plan> = Vec::with_capacity(children.len());
    for child in children {
        let name = child.field.name();
        if plans.iter().any(|plan| plan.name.as_ref() == Some(name)) {
            return Err(Error::BadValue(format!(
                "the field name {name:?} comes twice: rename or leave out one, or use to_numpy for a matrix"
            )));
        }
        let options = fill::options_for(options, name);
        let mut plan = column(child, &options, name)?;
        plan.name = Some(name.clone());
        plans.push(plan);
    }
    Ok(several(facts, path, plans, Step::Columns))
}

/// The plan of what is more than one array: it copies what its children copy.
fn several(facts: &Facts<'_>, path: &str, children: Vec<Plan>, step: Step) -> Plan {
    let reasons = distinct(children.iter().flat_map(|plan| plan.reasons().iter()));
    Plan {
        name: None,
        path: path.to_owned(),
        source: facts.field.data_type().clone(),
        dtype: None,
        dtype_with_nulls: None,
        trailing: Dims::new(),
        unknown: Vec::new(),
        rows: facts.rows,
        transfer: if reasons.is_empty() { Transfer::View } else { Transfer::Copy(reasons) },
        masked: false,
        nbytes: children.iter().map(|plan| plan.nbytes).sum(),
        notes: Vec::new(),
        children,
        step,
    }
}

/// Bytes of the values of lists that become arrays in a plan's cells.
fn row_values(plan: &Plan) -> Option<usize> {
    match plan.step {
        Step::Leaf(_) => plan.children.iter().map(|child| child.nbytes).sum(),
        _ => plan.children.iter().map(row_values).sum(),
    }
}

/// The reasons in the order of the closed set, one of each kind, counts added up.
pub(crate) fn distinct<'r>(reasons: impl Iterator<Item = &'r Reason>) -> Reasons {
    let mut found: Reasons = Vec::new();
    for reason in reasons {
        match found.iter_mut().find(|known| known.code() == reason.code()) {
            None => found.push(reason.clone()),
            Some(Reason::Nulls { count: Some(sum), .. }) => {
                if let Reason::Nulls { count: Some(n), .. } = reason {
                    *sum += n;
                }
            }
            Some(Reason::Chunked { chunks: most }) => {
                if let Reason::Chunked { chunks } = reason {
                    *most = (*most).max(*chunks);
                }
            }
            Some(_) => {}
        }
    }
    found
}

/// A type as messages and plans name it: Arrow's, or its extension's.
#[must_use]
pub fn type_name(field: &Field) -> String {
    match field.extension_type_name() {
        Some(name) => name.to_owned(),
        None => short_type(field.data_type()),
    }
}

impl Plan {
    /// The field's name, `None` for the top.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// Where it is in the input: field names from the top, joined by dots.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The Arrow type.
    #[must_use]
    pub fn source(&self) -> &DataType {
        &self.source
    }

    /// The Arrow type as a short text.
    #[must_use]
    pub fn source_name(&self) -> String {
        if let Step::ToArrow(step) = &self.step {
            return type_name(&step.field);
        }
        short_type(&self.source)
    }

    /// The result's dtype; `None` for one array a field.
    #[must_use]
    pub fn dtype(&self) -> Option<DType> {
        self.dtype
    }

    /// For a schema: the dtype when values are missing, `None` where the request leaves no place.
    /// For data: the same as [`Plan::dtype`].
    #[must_use]
    pub fn dtype_with_nulls(&self) -> Option<DType> {
        self.dtype_with_nulls
    }

    /// The result's shape, `None` where a length isn't known; `None` for one array a field.
    #[must_use]
    pub fn shape(&self) -> Option<Vec<Option<usize>>> {
        self.dtype?;
        let known = |(axis, n): (usize, &usize)| (!self.unknown.contains(&axis)).then_some(*n);
        Some(std::iter::once(self.rows).chain(self.trailing.iter().enumerate().map(known)).collect())
    }

    /// How many elements the result has; `None` where a length isn't known, and for one array a
    /// field.
    #[must_use]
    pub fn len(&self) -> Option<usize> {
        self.dtype?;
        if !self.unknown.is_empty() {
            return None;
        }
        let each = self.trailing.iter().fold(1usize, |a, n| a.saturating_mul(*n));
        if each == 0 { Some(0) } else { self.rows.map(|rows| rows.saturating_mul(each)) }
    }

    /// Whether the result is known to have no element.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == Some(0)
    }

    /// Whether values are copied; `None` where that depends on the data and only the schema is known.
    #[must_use]
    pub fn copies(&self) -> Option<bool> {
        match self.transfer {
            Transfer::Copy(_) => Some(true),
            Transfer::View if self.rows.is_none() => None,
            Transfer::View => Some(false),
        }
    }

    /// View or copy.
    #[must_use]
    pub fn transfer(&self) -> &Transfer {
        &self.transfer
    }

    /// Why values are copied, empty for a view.
    #[must_use]
    pub fn reasons(&self) -> &[Reason] {
        match &self.transfer {
            Transfer::Copy(reasons) => reasons,
            Transfer::View => &[],
        }
    }

    /// Bytes that are allocated for values and masks; `None` where only the schema is known.
    #[must_use]
    pub fn nbytes(&self) -> Option<usize> {
        self.nbytes
    }

    /// Whether a mask is made: something is missing and `nulls` is masked.
    #[must_use]
    pub fn masked(&self) -> bool {
        self.masked
    }

    /// What else the caller should know.
    #[must_use]
    pub fn notes(&self) -> &[Note] {
        &self.notes
    }

    /// The plans of the fields.
    #[must_use]
    pub fn children(&self) -> &[Self] {
        &self.children
    }

    /// What the result's records are made of, where its dtype is structured.
    #[must_use]
    pub fn record(&self) -> Option<&RecordType> {
        match &self.step {
            Step::Records(record) => Some(record),
            _ => None,
        }
    }

    /// For a schema: what the records are made of when values are missing; `None` where the request leaves
    /// no place, and for data.
    #[must_use]
    pub fn record_with_nulls(&self) -> Option<RecordType> {
        let record = self.record().filter(|_| self.rows.is_none())?;
        let (mut fields, mut itemsize) = (record.fields.clone(), 0);
        for (field, child) in fields.iter_mut().zip(&self.children) {
            let inner = child.record_with_nulls();
            field.dtype = match (&inner, child.record()) {
                (Some(inner), _) => DType::Record(inner.itemsize),
                (None, Some(_)) => return None,
                (None, None) => child.dtype_with_nulls?,
            };
            field.record = inner;
            field.offset = itemsize;
            itemsize += field.dims.iter().fold(field.dtype.itemsize(), |a, n| a.saturating_mul(*n));
        }
        Some(RecordType { fields, itemsize })
    }

    /// The result's dtype as text; `None` for one array a field.
    #[must_use]
    pub fn dtype_text(&self) -> Option<String> {
        self.record().map(ToString::to_string).or_else(|| self.dtype.map(|dtype| dtype.to_string()))
    }

    /// How it is carried out.
    #[must_use]
    pub fn step(&self) -> &Step {
        &self.step
    }

    /// Refuses what `allow_copy = false` forbids.
    ///
    /// # Errors
    /// [`Error::CopyNotAllowed`] with this plan's reasons.
    pub fn check_copies(&self, options: &Options) -> Result<()> {
        if options.allow_copy || self.copies() != Some(true) {
            return Ok(());
        }
        let mut culprit = self;
        // A column that is copied only because another one is, or lies apart, is no culprit.
        let by_itself =
            |child: &&Self| child.reasons().iter().any(|reason| !matches!(reason, Reason::Order { .. }));
        while let Some(child) = culprit.children.iter().find(by_itself) {
            culprit = child;
        }
        Err(Error::CopyNotAllowed { path: culprit.path.clone(), reasons: self.reasons().to_vec() })
    }
}
