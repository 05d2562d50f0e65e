//! Views: where the values already lie.

use smallvec::{SmallVec, smallvec};

use crate::plan::{Plan, Step};
use crate::source::{Column, Data, Leaf, Node};

/// A result that is memory of the producer.
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
