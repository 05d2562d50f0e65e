//! Arrow to Arrow: what `type=` asks for on top.

use std::fmt;
use std::sync::Arc;

use arrow_array::types::{Float64Type, Int32Type, Int64Type};
use arrow_array::{Array, ArrayRef, DictionaryArray, ListArray, StringArray};
use arrow_buffer::OffsetBuffer;
use arrow_schema::Field;
use arrownd::engine::dense::Made;
use arrownd::engine::dense::cast::cast;
use arrownd::engine::dense::type_name::{Wanted, parse_type};
use divan::Bencher;

use crate::inputs::{Nulls, Size, Text, array, numbers, rows};
use crate::timed;

type Build = fn(usize) -> ArrayRef;

#[derive(Clone, Copy)]
struct Cast {
    from: &'static str,
    build: Build,
    to: &'static str,
    size: Size,
}

impl fmt::Display for Cast {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} to {}, {}", self.from, self.to, self.size)
    }
}

fn ints(n: usize) -> ArrayRef {
    array::<Int64Type>(n, Nulls::Tenth)
}

fn floats(n: usize) -> ArrayRef {
    array::<Float64Type>(n, Nulls::Tenth)
}

fn texts(n: usize) -> ArrayRef {
    Arc::new(Text::Short.strings(n, Nulls::Tenth))
}

fn words(n: usize) -> ArrayRef {
    Arc::new(StringArray::from_iter_values((0..n).map(|i| format!("word {}", i % 50))))
}

fn dictionary(n: usize) -> ArrayRef {
    Arc::new(DictionaryArray::<Int32Type>::new(numbers(n, Nulls::Tenth), words(100)))
}

fn pairs(n: usize) -> ArrayRef {
    let child = array::<Int64Type>(2 * n, Nulls::None);
    let field = Arc::new(Field::new("item", child.data_type().clone(), true));
    Arc::new(ListArray::new(field, OffsetBuffer::from_repeated_length(2, n), child, None))
}

fn casts() -> Vec<Cast> {
    let all: [(&str, Build, &str); 14] = [
        ("int64", ints, "double"),
        ("int64", ints, "int32"),
        ("int64", ints, "decimal128(20, 2)"),
        ("int64", ints, "dictionary[int32, int64]"),
        ("int64", ints, "run_end_encoded[int32, int64]"),
        ("double", floats, "int64"),
        ("double", floats, "decimal128(20, 2)"),
        ("utf8", texts, "large_utf8"),
        ("utf8", texts, "utf8_view"),
        ("utf8 of 50 words", words, "dictionary[int32, utf8]"),
        ("dictionary", dictionary, "utf8"),
        ("list", pairs, "large_list[int64]"),
        ("list", pairs, "list_view[int64]"),
        ("list", pairs, "list[float64]"),
    ];
    let each = |(from, build, to)| rows().into_iter().map(move |size| Cast { from, build, to, size });
    all.into_iter().flat_map(each).collect()
}

#[divan::bench(args = rows())]
fn memcpy(bencher: Bencher<'_, '_>, size: Size) {
    timed::copy(bencher, size.0 * 8);
}

#[divan::bench(args = casts())]
fn to(bencher: Bencher<'_, '_>, case: Cast) {
    let Wanted::Field(field) = parse_type(case.to).expect("a type") else { panic!("a tensor") };
    let array = (case.build)(case.size.0);
    let own = Arc::new(Field::new("", array.data_type().clone(), true));
    let from = Made { field: own, data: array.to_data() };
    timed::made(bencher, |memory| cast(from.clone(), &field, true, memory));
}
