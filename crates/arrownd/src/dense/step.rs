//! How a plan of the other way is carried out.

use arrow_schema::Field;
use smallvec::SmallVec;

use super::target::Recode;
use super::words::Marker;

/// How an array, or arrays beside each other, become Arrow data.
///
/// ```
/// use arrownd::engine::dense::{Input, Made, Options, plan};
/// use arrownd::engine::Step;
/// use arrow_array::{Array, StringArray};
/// use arrownd::DType;
///
/// // Text, which the caller's side has converted.
/// let made = Made::new(StringArray::from(vec!["one"]).into_data());
/// let input = Input::Made { dtype: DType::Object, shape: [1].into_iter().collect(), made };
/// let plan = plan(&input, &Options::default())?;
/// let Step::ToArrow(step) = plan.step() else { panic!() };
/// assert_eq!(step.field.data_type(), &arrow_schema::DataType::Utf8);
/// # Ok::<(), arrownd::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct ToArrow {
    /// The type of the result, its extension in the metadata.
    pub field: Field,
    pub(super) values: Values,
    /// What the values are converted to before they become lists.
    pub(super) cast_values: Option<Field>,
    /// The dimensions after the rows lie in one list: the tensor's field.
    pub(super) tensor: Option<Field>,
    /// What the whole is converted to at the end.
    pub(super) cast_whole: Option<Field>,
    /// Conversions are checked.
    pub(super) safe: bool,
}

/// Where the values come from.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Values {
    /// From an array of fixed-width values.
    Dense {
        target: Field,
        recode: Recode,
        /// The marker that is looked for: something is missing.
        marker: Option<Marker>,
        /// Something is missing.
        missing: bool,
        /// The memory is shared.
        shared: bool,
        /// The order of the dimensions in memory, rows first.
        axes: Option<SmallVec<[usize; 4]>>,
    },
    /// The caller's side has made them.
    Made,
    /// From the children.
    Struct {
        /// Records are missing.
        missing: bool,
    },
}
