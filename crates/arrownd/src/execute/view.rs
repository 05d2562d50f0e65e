//! Views: where the values already lie.

use smallvec::{SmallVec, smallvec};

use crate::plan::{Plan, Step};
use crate::source::{Column, Data, Leaf, Node};

/// A result that is memory of the producer.
///
/// ```
/// use arrow_array::{FixedSizeListArray, types::Int16Type};
/// use arrow_schema::{DataType, Field};
/// use arrownd::engine::{Column, Options, Planned, chunk_of};
///
/// let rows = [Some(vec![Some(1), Some(2), Some(3)]), Some(vec![Some(4), Some(5), Some(6)])];
/// let array = FixedSizeListArray::from_iter_primitive::<Int16Type, _, _>(rows, 3);
/// let field = Field::new_fixed_size_list("", Field::new("item", DataType::Int16, true), 3, true);
/// let (chunks, options) = ([chunk_of(&array)], Options::default());
/// let column = Column::new(&field, &chunks, &options)?;
/// let planned = Planned::new(&column, &options, &[])?;
/// let view = planned.task().view().unwrap();
/// // Two rows of six bytes, of three values of two bytes each.
/// assert_eq!((view.rows, view.trailing.as_slice()), ((2, 6), &[(3, 2)][..]));
/// # Ok::<(), arrownd::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ViewOf<'s> {
    /// The first element.
    pub ptr: *const u8,
    /// How many rows, and the bytes from one to the next.
    pub rows: (usize, isize),
    /// The same for each dimension after them.
    pub trailing: SmallVec<[(usize, isize); 3]>,
    /// The chunk of the source that holds the memory.
    pub chunk: usize,
    /// The descendants of that chunk that hold it; none where it is the chunk itself.
    pub routes: SmallVec<[&'s [usize]; 8]>,
}

pub(super) fn view<'s>(plan: &Plan, column: &'s Column<'_>) -> Option<ViewOf<'s>> {
    if plan.copies() != Some(false) || plan.is_empty() {
        return None;
    }
    let rows = column.rows?;
    let dtype = plan.dtype?;
    let pair = dtype.complex_part();
    let itemsize = pair.unwrap_or(dtype).itemsize() as isize;
    match (&plan.step, &column.node) {
        (Step::Leaf(step), Node::Leaf(leaf)) => {
            let (ptr, chunk) = only_part(leaf)?;
            // The stride of each dimension as it lies, then in the order in which they are shown.
            let stride = |axis: usize| step.dims.iter().skip(axis + 1).product::<usize>() as isize * itemsize;
            let shown = |axis: &usize| step.dims.get(*axis).map(|n| (*n, stride(*axis)));
            let each = step.dims.iter().product::<usize>() as isize * itemsize;
            Some(ViewOf {
                ptr,
                rows: (rows, each),
                trailing: step.axes.iter().take(plan.trailing.len()).filter_map(shown).collect(),
                chunk,
                routes: Some(column.route.as_slice()).filter(|route| !route.is_empty()).into_iter().collect(),
            })
        }
        (Step::Matrix { spacing: Some(spacing), .. }, Node::Struct { columns, .. }) => {
            let Node::Leaf(first) = &columns.first()?.node else {
                return None;
            };
            let (ptr, chunk) = only_part(first)?;
            Some(ViewOf {
                ptr,
                rows: (rows, itemsize),
                trailing: smallvec![(columns.len(), *spacing as isize)],
                chunk,
                routes: columns.iter().map(|column| column.route.as_slice()).collect(),
            })
        }
        _ => None,
    }
}

fn only_part(leaf: &Leaf<'_>) -> Option<(*const u8, usize)> {
    match leaf.parts.as_slice() {
        [part] if part.is_direct() => match *part.data {
            Data::Fixed(bytes) => Some((bytes.as_ptr(), part.chunk)),
            _ => None,
        },
        _ => None,
    }
}
