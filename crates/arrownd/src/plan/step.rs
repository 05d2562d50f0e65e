//! How a plan is carried out.

use super::Op;
use crate::dense::ToArrow;
use crate::mapping::Element;
use crate::options::{Fill, Order};
use crate::record::RecordType;
use crate::source::Dims;

/// How a plan is carried out.
///
/// ```
/// use arrow_schema::{DataType, Field};
/// use arrownd::Order;
/// use arrownd::engine::{Column, Facts, Form, Options, Step, plan};
///
/// let fields = vec![Field::new("x", DataType::Float32, true), Field::new("y", DataType::Float32, true)];
/// let table = Field::new("", DataType::Struct(fields.into()), false);
/// let step = |form| {
///     let options = Options { form, ..Options::default() };
///     let column = Column::of_schema(&table, &options)?;
///     Ok::<_, arrownd::Error>(plan(&Facts::of(&column, &options), &options, &[])?.step().clone())
/// };
/// assert_eq!(step(Form::Matrix)?, Step::Matrix { order: Order::F, spacing: None });
/// assert_eq!(step(Form::Columns)?, Step::Columns);
/// # Ok::<(), arrownd::Error>(())
/// ```
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
///
/// ```
/// use arrow_schema::{DataType, Field};
/// use arrownd::DType;
/// use arrownd::engine::{Column, Element, Facts, Op, Options, Step, plan};
///
/// let field = Field::new("", DataType::Int64, true);
/// let options = Options { dtype: Some(DType::Float32), ..Options::default() };
/// let column = Column::of_schema(&field, &options)?;
/// let plan = plan(&Facts::of(&column, &options), &options, &[])?;
/// let Step::Leaf(step) = plan.step() else { panic!() };
/// assert_eq!((step.element, step.op, step.check), (Element::I64, Op::Cast, true));
/// # Ok::<(), arrownd::Error>(())
/// ```
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
