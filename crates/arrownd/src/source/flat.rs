//! Columns of one array in one piece, without a walk to the values.

use std::borrow::Cow;

use arrow_schema::Field;
use smallvec::SmallVec;

use super::bits::Bits;
use super::column::{Column, Dims, Leaf, Node, Way};
use super::data::Data;
use super::keys::Keys;
use super::part::Part;

impl<'a> Column<'a> {
    /// A flat array in one piece, with its bitmap and how many values are missing. *Looks for the first of these*.
    pub(crate) fn flat(
        field: Cow<'a, Field>,
        len: usize,
        data: Data<'a>,
        validity: Option<(Bits<'a>, usize)>,
    ) -> Self {
        let missing = validity.map_or(0, |(_, missing)| missing);
        let first = validity.and_then(|(bits, _)| bits.first_zero()).unwrap_or(0);
        Self::of_part(field, Way::default(), Part::direct(len, data, validity), (missing, first))
    }

    /// A dictionary in one piece, without bitmaps. *O(1)*.
    pub(crate) fn looked_up(field: Cow<'a, Field>, keys: Keys<'a>, values: Data<'a>) -> Self {
        let way = Way { dictionary: true, ..Way::default() };
        Self::of_part(field, way, Part::looked_up(keys, values), (0, 0))
    }

    /// One part, of which so many values are missing, the first of them there.
    fn of_part(
        field: Cow<'a, Field>,
        way: Way,
        part: Part<'a>,
        (missing, first_missing): (usize, usize),
    ) -> Self {
        let rows = Some(part.rows);
        let leaf = Leaf {
            field: field.clone(),
            dims: Dims::new(),
            axes: Dims::new(),
            way,
            missing,
            first_missing,
            padded: 0,
            rows: None,
            parts: vec![part],
        };
        Self { field, rows, route: SmallVec::new(), node: Node::Leaf(leaf) }
    }
}
