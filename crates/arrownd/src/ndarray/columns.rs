//! Tables of numbers that only have to be copied: to plan that takes as long as to copy tens of thousands.

use ndarray::{ArrayD, IxDyn, ShapeBuilder};
use smallvec::SmallVec;

use super::item::Item;
use super::job::Dims;
use super::source::Source;
use crate::options::Order;
use crate::pages::ask_for_huge;
use crate::plan::{by_columns, side_by_side};

/// From here on planning takes no time beside copying, which may be shared between threads.
const LARGE: usize = 1 << 20;
/// The same where columns become rows, which the planned copy does by vector instructions.
const LARGE_BY_ROWS: usize = 1 << 12;

/// The matrix of a table whose columns are all stored as `T`, without missing values; `None` where there is more to it, and where
/// the columns may be a matrix already.
pub(super) fn own_columns<T: Item>(source: Source<'_>, order: Order) -> Option<ArrayD<T>> {
    let table = source.table()?;
    let (rows, width) = (table.num_rows(), table.num_columns());
    let (total, columns_first) = (rows.checked_mul(width)?, order == Order::F);
    if total == 0 || total >= if columns_first { LARGE } else { LARGE_BY_ROWS } {
        return None;
    }
    let mut columns: SmallVec<[&[T]; 16]> = SmallVec::new();
    for column in table.columns() {
        let mut dims = Dims::new();
        let (values, data_type) = T::stored(column, &mut dims)?;
        // Ticks and decimals mean something else than what they are stored as.
        let number = data_type.is_integer() || data_type.is_floating();
        if !number || dims.len() != 1 {
            return None;
        }
        columns.push(values);
    }
    let places = columns.iter().map(|column| Some((column.as_ptr().addr(), size_of_val(*column))));
    if by_columns(order, width, Some(rows)) && side_by_side(places).is_some() {
        return None;
    }
    let mut memory = Vec::new();
    memory.try_reserve_exact(total).ok()?;
    ask_for_huge(memory.as_ptr(), total);
    if columns_first {
        columns.iter().for_each(|column| memory.extend_from_slice(column));
    } else {
        for row in 0..rows {
            memory.extend(columns.iter().filter_map(|column| column.get(row)));
        }
    }
    ArrayD::from_shape_vec(IxDyn(&[rows, width]).set_f(columns_first), memory).ok()
}
