//! Step 2, plan: facts and options become a [`Plan`]. Pure: no value is read, no pointer followed.
//! View or copy is decided here and nowhere else.

mod codes;
mod columns;
mod convert;
mod cost;
mod display;
mod facts;
mod fill;
mod leaf;
mod matrix;
mod note;
mod outs;
mod promote;
mod reason;
mod records;
mod refusal;
mod result;
mod rows;
mod step;

use arrow_schema::{DataType, Field};

pub use codes::CodesPlan;
pub(crate) use codes::{CodeFacts, codes};
pub use convert::Op;
pub(crate) use convert::{rescale, viewed_as};
pub(crate) use display::short_type;
pub use display::{PlanDisplay, Words};
pub(crate) use facts::side_by_side;
pub use facts::{Facts, FactsNode, LeafFacts};
pub(crate) use matrix::by_columns;
pub use note::Note;
pub use reason::{Reason, Reasons};
pub use step::{LeafStep, Step};

use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::options::{Form, Options};
use crate::source::Dims;

/// View or copy.
///
/// ```
/// use arrow_array::{BooleanArray, Int8Array};
/// use arrownd::{Options, Reason, Transfer, plan};
///
/// let view = plan(&Int8Array::from(vec![1, 2]), &Options::default())?.plan().transfer().clone();
/// assert_eq!(view, Transfer::View);
/// let copy = plan(&BooleanArray::from(vec![true]), &Options::default())?.plan().transfer().clone();
/// assert_eq!(copy, Transfer::Copy(vec![Reason::BitPacked]));
/// # Ok::<(), arrownd::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Transfer {
    /// The values are viewed where the producer keeps them (or there are none).
    View,
    /// The values are copied in one pass, for these reasons: at least one.
    Copy(Reasons),
}

/// What a conversion does: the same plan is what runs, what `explain` prints, and what a refused
/// copy carries.
///
/// ```
/// use arrow_array::Int32Array;
/// use arrownd::{DType, Options, Reason, plan};
///
/// let array = Int32Array::from(vec![Some(1), None, Some(3)]);
/// let conversion = plan(&array, &Options::default())?;
/// let plan = conversion.plan();
/// assert_eq!(plan.source_name(), "int32");
/// assert_eq!(plan.dtype(), Some(DType::Float64));
/// assert_eq!(plan.shape(), Some(vec![Some(3)]));
/// assert_eq!((plan.copies(), plan.nbytes()), (Some(true), Some(24)));
/// assert_eq!(plan.reasons(), [Reason::Nulls { count: Some(1), viewable: true }]);
/// assert!(plan.to_string().contains("1 value is missing and has to be filled in"));
/// # Ok::<(), arrownd::Error>(())
/// ```
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

/// Plans the conversion of a column. *O(fields)*.
///
/// `left_out` are the pandas index columns that the import left out. The copy that
/// `allow_copy = false` forbids is refused by [`Plan::check_copies`], so that a refused plan can
/// still be looked at.
///
/// # Errors
/// [`Error::UnsupportedType`], [`Error::Nulls`], [`Error::LossyCast`] (a fill that doesn't fit),
/// [`Error::Conflict`] and [`Error::BadValue`], each naming the field.
///
/// ```
/// use arrow_schema::{DataType, Field};
/// use arrownd::DType;
/// use arrownd::engine::{Column, Facts, Options, plan};
///
/// // A schema is enough; what depends on the data isn't known.
/// let field = Field::new("", DataType::Int16, true);
/// let options = Options::default();
/// let column = Column::of_schema(&field, &options)?;
/// let plan = plan(&Facts::of(&column, &options), &options, &[])?;
/// assert_eq!((plan.dtype(), plan.dtype_with_nulls()), (Some(DType::Int16), Some(DType::Float32)));
/// assert_eq!(plan.copies(), None);
/// # Ok::<(), arrownd::Error>(())
/// ```
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
        (FactsNode::Struct { children, .. }, Form::Columns) => columns::plan(facts, children, options, path),
        (FactsNode::Leaf(_), Form::Columns) => Err(Error::Conflict(format!(
            "one array a field takes a struct or table, and the input is {}: make one array",
            type_name(facts.field)
        ))),
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

/// A type as messages and plans name it: Arrow's, or its extension's. *O(fields)*.
///
/// ```
/// use arrow_schema::{DataType, Field};
/// use arrownd::engine::type_name;
/// use std::collections::HashMap;
///
/// assert_eq!(type_name(&Field::new("x", DataType::Int8, true)), "int8");
/// let uuid = Field::new("x", DataType::FixedSizeBinary(16), true);
/// let name = ("ARROW:extension:name".to_owned(), "arrow.uuid".to_owned());
/// let uuid = uuid.with_metadata(HashMap::from([name]));
/// assert_eq!(type_name(&uuid), "arrow.uuid");
/// ```
#[must_use]
pub fn type_name(field: &Field) -> String {
    match field.extension_type_name() {
        Some(name) => name.to_owned(),
        None => short_type(field.data_type()),
    }
}

impl Plan {
    /// The field's name, `None` for the top. *O(1)*.
    ///
    /// ```
    /// # use arrow_schema::{DataType, Field, Schema};
    /// # use arrownd::{Options, plan};
    /// let table = Schema::new(vec![
    ///     Field::new("wind", DataType::Float32, true),
    ///     Field::new("rain", DataType::Float32, true),
    /// ]);
    /// let conversion = plan(&table, &Options::new())?;
    /// let columns = conversion.plan().children();
    /// assert_eq!((conversion.plan().name(), columns[1].name()), (None, Some("rain")));
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// Where it is in the input: field names from the top, joined by dots. *O(1)*.
    ///
    /// ```
    /// # use arrow_schema::{DataType, Field};
    /// # use arrownd::engine::{Column, Facts, Form, Options, plan};
    /// let age = Field::new("age", DataType::UInt8, true);
    /// let table = Field::new_struct("", vec![Field::new_struct("person", vec![age], false)], false);
    /// # let options = Options { form: Form::Columns, ..Options::default() };
    /// # let column = Column::of_schema(&table, &options)?;
    /// let plan = plan(&Facts::of(&column, &options), &options, &[])?;
    /// let person = &plan.children()[0];
    /// assert_eq!((person.path(), person.children()[0].path()), ("person", "person.age"));
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The Arrow type. *O(1)*.
    ///
    /// ```
    /// # use arrow_array::Date32Array;
    /// # use arrow_schema::DataType;
    /// # use arrownd::{DType, Options, Unit, plan};
    /// let array = Date32Array::from(vec![19_000]);
    /// let conversion = plan(&array, &Options::new())?;
    /// assert_eq!(conversion.plan().source(), &DataType::Date32);
    /// assert_eq!(conversion.plan().dtype(), Some(DType::datetime(Unit::Day)));
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    #[must_use]
    pub fn source(&self) -> &DataType {
        &self.source
    }

    /// The Arrow type as a short text. *O(fields)*.
    ///
    /// ```
    /// # use arrow_array::TimestampMillisecondArray;
    /// # use arrownd::{Options, plan};
    /// let array = TimestampMillisecondArray::from(vec![0]).with_timezone("UTC");
    /// let conversion = plan(&array, &Options::new())?;
    /// assert_eq!(conversion.plan().source_name(), "timestamp[ms, UTC]");
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    #[must_use]
    pub fn source_name(&self) -> String {
        if let Step::ToArrow(step) = &self.step {
            return type_name(&step.field);
        }
        short_type(&self.source)
    }

    /// The plans of the fields. *O(1)*.
    ///
    /// ```
    /// # use arrow_array::{ArrayRef, Float64Array, Int32Array, RecordBatch};
    /// # use arrownd::{Options, plan};
    /// # use std::sync::Arc;
    /// # let wind: ArrayRef = Arc::new(Float64Array::from(vec![3.5]));
    /// # let year: ArrayRef = Arc::new(Int32Array::from(vec![2026]));
    /// let batch = RecordBatch::try_from_iter([("wind", wind), ("year", year)])?;
    /// let conversion = plan(&batch, &Options::new())?;
    /// // The first column whose values change their type.
    /// let mut columns = conversion.plan().children().iter();
    /// let changed = columns.find(|column| column.reasons().iter().any(|why| why.code() == "cast"));
    /// assert_eq!(changed.and_then(|column| column.name()), Some("year"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn children(&self) -> &[Self] {
        &self.children
    }

    /// How it is carried out. *O(1)*.
    ///
    /// ```
    /// # use arrow_schema::{DataType, Field, Schema};
    /// # use arrownd::{Options, Order, engine::Step, plan};
    /// let table = Schema::new(vec![Field::new("wind", DataType::Float32, true)]);
    /// let conversion = plan(&table, &Options::new().order(Order::C))?;
    /// assert_eq!(conversion.plan().step(), &Step::Matrix { order: Order::C, spacing: None });
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    #[must_use]
    pub fn step(&self) -> &Step {
        &self.step
    }
}
