//! Views: where the values already lie.

use smallvec::SmallVec;

use crate::dtype::DType;
use crate::plan::{Plan, Step};
use crate::source::{Column, Data, Leaf, Node};

/// A result that is memory of the producer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ViewOf {
    /// The first element.
    pub ptr: *const u8,
    /// The result's shape.
    pub shape: SmallVec<[usize; 4]>,
    /// Bytes from one element to the next along each dimension.
    pub strides: SmallVec<[isize; 4]>,
    /// The chunk of the source that holds the memory.
    pub chunk: usize,
    /// The children of that chunk that hold it; one that is empty is the chunk itself.
    pub routes: Vec<SmallVec<[usize; 2]>>,
}

pub(super) fn view(plan: &Plan, column: &Column<'_>) -> Option<ViewOf> {
    if plan.copies() != Some(false) {
        return None;
    }
    let itemsize = plan.dtype.map(DType::itemsize)?;
    match (&plan.step, &column.node) {
        (Step::Leaf(step), Node::Leaf(leaf)) => {
            let (ptr, chunk) = only_part(leaf)?;
            let shape: SmallVec<[usize; 4]> = plan
                .shape
                .as_ref()?
                .iter()
                .map(|n| n.unwrap_or(0))
                .collect();
            if shape.contains(&0) {
                return None;
            }
            // Strides of the dimensions as they lie, then in the order in which they are shown.
            let mut lying: SmallVec<[isize; 4]> = SmallVec::new();
            let mut stride = itemsize as isize;
            for n in step.dims.iter().rev() {
                lying.push(stride);
                stride *= *n as isize;
            }
            lying.reverse();
            let mut strides: SmallVec<[isize; 4]> = SmallVec::new();
            strides.push(stride);
            strides.extend(
                step.axes
                    .iter()
                    .filter_map(|axis| lying.get(*axis).copied()),
            );
            Some(ViewOf {
                ptr,
                shape,
                strides,
                chunk,
                routes: vec![column.route.clone()],
            })
        }
        (
            Step::Matrix {
                spacing: Some(spacing),
                ..
            },
            Node::Struct(columns),
        ) => {
            let Node::Leaf(first) = &columns.first()?.node else {
                return None;
            };
            let (ptr, chunk) = only_part(first)?;
            Some(ViewOf {
                ptr,
                shape: SmallVec::from_slice(&[column.rows?, columns.len()]),
                strides: SmallVec::from_slice(&[itemsize as isize, *spacing as isize]),
                chunk,
                routes: columns.iter().map(|column| column.route.clone()).collect(),
            })
        }
        _ => None,
    }
}

fn only_part(leaf: &Leaf<'_>) -> Option<(*const u8, usize)> {
    match leaf.parts.as_slice() {
        [part] => match part.data {
            Data::Fixed(bytes) => Some((bytes.as_ptr(), part.chunk)),
            _ => None,
        },
        _ => None,
    }
}
