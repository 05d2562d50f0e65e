//! The border: valid foreign arrays are read as they are, and each broken rule is named.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    unsafe_code,
    reason = "a test fails by panicking, its name is its documentation, and foreign structs are raw"
)]

mod foreign;
mod layouts;
mod render;

use arrow_schema::{DataType, Field};
use arrownd::engine::{Chunk, Path, read_array, read_schema};
use arrownd::{Error, ErrorKind};
use foreign::{Exported, Producer};
use layouts::{examples, ints};

fn schema(exported: &Exported) -> Result<Field, Error> {
    // SAFETY: the builder's pointers point to what they should, or are null.
    unsafe { read_schema(exported.schema()) }
}

fn array<'a>(exported: &'a Exported, data_type: &DataType) -> Result<Chunk<'a>, Error> {
    // SAFETY: the builder's buffers are long enough for every length that the tests set, and more.
    unsafe { read_array(exported.array(), data_type, &Path::Top) }
}

/// The type and the values of a valid producer.
fn read(producer: &Producer) -> (String, String) {
    let exported = producer.export();
    let field = schema(&exported).expect("a valid schema");
    let chunk = array(&exported, field.data_type()).expect("a valid array");
    (field.data_type().to_string(), render::values(&chunk, field.data_type()))
}

#[test]
fn valid_arrays_hold_what_their_producer_says() {
    for (name, producer, expected) in examples() {
        let (_, found) = read(&producer);
        assert_eq!(found, expected, "{name}");
    }
}

#[test]
fn every_example_stays_valid_inside_a_struct_that_is_sliced() {
    for (name, producer, expected) in examples() {
        let outer = Producer::new("+s", expected.split('|').count())
            .no_buffer()
            .child(producer.named("inner"))
            .sliced(1);
        let (_, found) = read(&outer);
        let expected: Vec<String> = expected.split('|').skip(1).map(|value| format!("{{{value}}}")).collect();
        assert_eq!(found, expected.join("|"), "{name}");
    }
}

#[test]
fn a_null_offsets_buffer_is_legal_where_there_is_nothing() {
    let none = Producer::new("u", 0).no_buffer().no_buffer().no_buffer();
    assert_eq!(read(&none).1, "");
    let list = Producer::new("+l", 0).no_buffer().no_buffer().child(ints(&[]));
    assert_eq!(read(&list).1, "");
}

fn refused(producer: &Producer) -> String {
    let exported = producer.export();
    let found = schema(&exported).and_then(|field| array(&exported, field.data_type()).map(|_| ()));
    let error = found.expect_err("an error");
    assert_eq!(error.kind(), ErrorKind::InvalidArrow, "{error}");
    error.to_string()
}

#[test]
fn each_broken_rule_is_named() {
    let list = |offsets: &[i32]| Producer::new("+l", 2).no_buffer().items(offsets).child(ints(&[1, 2, 3]));
    let union = |ids: &[u8], offsets: &[i32]| {
        Producer::new("+ud:3,7", 2)
            .items(ids)
            .items(offsets)
            .child(ints(&[4]).named("i"))
            .child(ints(&[5]).named("j"))
    };
    let runs = |ends: &[i32], values: &[i32]| {
        Producer::new("+r", 4).child(ints(ends).named("run_ends")).child(ints(values).named("values"))
    };
    for (producer, part) in [
        (list(&[-1, 0, 1]), "the first offset is -1"),
        (list(&[0, 2, 1]), "offset 2 is 1 and the one before it 2"),
        (list(&[0, 2, 4]), "the last offset is 4"),
        (union(&[3, 4], &[0, 0]), "type id 4 at position 1"),
        (union(&[3, 7], &[0, 1]), "offset 1 at position 1"),
        (union(&[3, 7], &[0, -1]), "offset -1 at position 1"),
        (runs(&[2, 2, 4], &[1, 2, 3]), "run end 1 is 2 after 2"),
        (runs(&[0, 4], &[1, 2]), "run end 0 is 0"),
        (runs(&[1, 3], &[1, 2]), "the runs end at 3"),
        (runs(&[1, 4], &[1]), "2 runs and 1 values"),
        (
            Producer::new("c", 2).no_buffer().items(&[0i8, -1]).dictionary(ints(&[1])),
            "index -1 at position 1",
        ),
        (
            Producer::new("+w:3", 2).no_buffer().child(ints(&[1, 2, 3, 4, 5])),
            "5 values where offset 0 and length 2 of the parent need 6",
        ),
        (
            Producer::new("+vl", 1).no_buffer().items(&[2]).items(&[2]).child(ints(&[1, 2, 3])),
            "list 0 has offset 2 and size 2",
        ),
        (
            Producer::new("vu", 1).no_buffer().items(&[[13, 0, 0, 0]]).items(b"short").items(&[5i64]),
            "view 0 has length 13",
        ),
        (Producer::new("i", 1).no_buffer(), "1 buffers where the type has 2"),
        (Producer::new("i", 1).no_buffer().no_buffer(), "buffer 1 is null"),
        (Producer::new("?", 1), "unknown format"),
        (Producer::new("+ud:1,1", 0).child(ints(&[])).child(ints(&[])), "type id 1 twice"),
    ] {
        let error = refused(&producer);
        assert!(error.contains(part), "{error} without {part}");
    }
}

/// The place in a table is the field's path.
#[test]
fn an_error_says_where() {
    let broken = Producer::new("+l", 1).no_buffer().items(&[0, 9]).child(ints(&[1])).named("inner");
    let outer = Producer::new("+s", 1).no_buffer().child(broken).named("outer");
    let table = Producer::new("+s", 1).no_buffer().child(outer);
    let error = refused(&table);
    assert!(error.contains("field \"outer.inner\""), "{error}");
}

#[test]
fn types_nested_too_deep_are_refused_before_they_are_walked() {
    let nest = |levels: usize| {
        (0..levels).fold(ints(&[]), |inner, _| Producer::new("+w:0", 0).no_buffer().child(inner))
    };
    assert_eq!(read(&nest(100)).1, "");
    assert!(refused(&nest(200)).contains("128 levels"));
}

/// A count that is wrong is found before as many pointers are read.
#[test]
fn children_are_counted_before_they_are_looked_at() {
    let list = Producer::new("+l", 0).no_buffer().items(&[0]).child(ints(&[]));
    for (producer, children) in [(ints(&[1]), 3), (list, 4)] {
        let mut exported = producer.export();
        let field = schema(&exported).unwrap();
        exported.memory.arrays.last_mut().unwrap().n_children = children;
        let error = array(&exported, field.data_type()).map(|_| ()).unwrap_err();
        let text = format!("{children} children where the type has ");
        assert!(error.to_string().contains(&text), "{error}");
    }
}
