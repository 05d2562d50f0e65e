//! The border: valid foreign arrays are read as they are, and whatever is wrong in their numbers
//! ends in an error that says so.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    unsafe_code,
    reason = "a test fails by panicking, its name is its documentation, and foreign structs are raw"
)]

mod foreign;
mod render;

use arrow_schema::{DataType, Field};
use arrownd::{Chunk, Column, Error, ErrorKind, Options, Path, Planned, read_array, read_schema};
use foreign::{Exported, Producer};
use proptest::prelude::*;

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

fn ints(values: &[i32]) -> Producer {
    Producer::new("i", values.len()).no_buffer().items(values)
}

fn text(format: &str, words: &[&str]) -> Producer {
    let joined: String = words.concat();
    let ends = words.iter().scan(0, |end, word| {
        *end += word.len() as i32;
        Some(*end)
    });
    let offsets: Vec<i32> = std::iter::once(0).chain(ends).collect();
    Producer::new(format, words.len()).no_buffer().items(&offsets).items(joined.as_bytes())
}

/// A view: at most 12 bytes inside it, longer ones in variadic buffer `buffer`.
fn view(text: &str, buffer: i32, offset: i32) -> [i32; 4] {
    let mut bytes = [0u8; 12];
    if text.len() <= 12 {
        bytes[..text.len()].copy_from_slice(text.as_bytes());
    } else {
        bytes[..4].copy_from_slice(&text.as_bytes()[..4]);
        bytes[4..8].copy_from_slice(&buffer.to_ne_bytes());
        bytes[8..].copy_from_slice(&offset.to_ne_bytes());
    }
    let [a, b, c]: [i32; 3] = bytemuck::cast(bytes);
    [text.len() as i32, a, b, c]
}

/// One producer of each layout, and what it holds.
fn examples() -> Vec<(&'static str, Producer, &'static str)> {
    let long = "longer than twelve";
    let views = |format| {
        Producer::new(format, 4)
            .bits(&[1, 1, 0, 1])
            .items(&[view("short", 0, 0), view(long, 1, 3), [-1; 4], view("", 0, 0)])
            .items(b"nothing")
            .items(format!("...{long}").as_bytes())
            .items(&[7i64, 21])
    };
    let entries = Producer::new("+s", 3)
        .no_buffer()
        .child(text("u", &["a", "b", "c"]).named("key"))
        .child(ints(&[1, 2, 3]).named("value"))
        .named("entries");
    vec![
        ("null", Producer::new("n", 3), "_|_|_"),
        (
            "bool",
            Producer::new("b", 5)
                .offset(6)
                .bits(&[1, 1, 1, 1, 1, 1, 1, 0, 1, 1, 1])
                .bits(&[0, 0, 0, 0, 0, 0, 1, 1, 0, 1, 0]),
            "true|_|false|true|false",
        ),
        ("int32", ints(&[7, -8, 9]).sliced(1), "-8|9"),
        ("fixed_size_binary", Producer::new("w:1", 2).no_buffer().items(&[5u8, 6]), "5|6"),
        ("utf8", text("u", &["a", "", "bc"]), "a||bc"),
        ("large_binary", Producer::new("Z", 2).no_buffer().items(&[1i64, 2, 4]).items(b"xabc"), "a|bc"),
        ("utf8_view", views("vu"), "short|longer than twelve|_|"),
        ("binary_view", views("vz").sliced(1), "longer than twelve|_|"),
        (
            "list",
            Producer::new("+l", 3).bits(&[1, 0, 1]).items(&[0, 2, 2, 3]).child(ints(&[1, 2, 3, 4])),
            "[1,2]|_|[3]",
        ),
        (
            "large_list of lists",
            Producer::new("+L", 2).offset(1).no_buffer().items(&[0i64, 1, 2, 2]).child(
                Producer::new("+l", 2).no_buffer().items(&[0, 1, 3]).child(text("u", &["x", "y", "z"])),
            ),
            "[[y,z]]|[]",
        ),
        (
            "list_view",
            Producer::new("+vl", 3)
                .bits(&[1, 1, 0])
                .items(&[2, 0, -9])
                .items(&[1, 3, 99])
                .child(ints(&[1, 2, 3])),
            "[3]|[1,2,3]|_",
        ),
        (
            "large_list_view",
            Producer::new("+vL", 2).no_buffer().items(&[1i64, 3]).items(&[2i64, 0]).child(ints(&[1, 2, 3])),
            "[2,3]|[]",
        ),
        (
            "fixed_size_list in a struct",
            Producer::new("+s", 2)
                .offset(1)
                .bits(&[1, 1, 0])
                .child(
                    Producer::new("+w:2", 4)
                        .offset(1)
                        .bits(&[1, 1, 0, 1, 1])
                        .child(ints(&[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]).named("item"))
                        .named("pair"),
                )
                .child(ints(&[10, 11, 12]).named("n")),
            "{_,11}|_",
        ),
        ("map", Producer::new("+m", 2).no_buffer().items(&[0, 2, 3]).child(entries), "[{a,1},{b,2}]|[{c,3}]"),
        (
            "dictionary",
            Producer::new("C", 4)
                .bits(&[1, 0, 1, 1])
                .items(&[1u8, 255, 0, 1])
                .dictionary(text("u", &["no", "yes"])),
            "yes|_|no|yes",
        ),
        (
            "run_end_encoded",
            Producer::new("+r", 4)
                .offset(1)
                .child(Producer::new("s", 2).no_buffer().items(&[2i16, 5]).named("run_ends"))
                .child(text("u", &["a", "b"]).named("values")),
            "a|b|b|b",
        ),
        (
            "dense_union",
            Producer::new("+ud:3,7", 3)
                .items(&[7u8, 3, 7])
                .items(&[1, 0, 0])
                .child(ints(&[4]).named("i"))
                .child(text("u", &["p", "q"]).named("t")),
            "7:q|3:4|7:p",
        ),
        (
            "sparse_union",
            Producer::new("+us:0,1", 2)
                .offset(1)
                .items(&[9u8, 1, 0])
                .child(ints(&[1, 2, 3]).named("i"))
                .child(text("u", &["p", "q", "r"]).named("t")),
            "1:q|0:3",
        ),
    ]
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

/// One thing that a producer may get wrong.
#[derive(Debug, Clone)]
enum Fault {
    Length(usize, i64),
    Offset(usize, i64),
    NullCount(usize, i64),
    BufferCount(usize, i64),
    ChildCount(usize, i64),
    NullBuffer(usize, usize),
    NullBuffers(usize),
    NullChild(usize, usize),
    NullChildren(usize),
    NullDictionary(usize),
    Released(usize),
    Item(usize, usize, i64),
}

fn fault() -> impl Strategy<Value = Fault> {
    let node = || 0usize..8;
    // Within the slack, or so large that it must be refused.
    let number = || {
        prop_oneof![
            6 => -3i64..40,
            1 => prop::sample::select(vec![i64::MIN, i64::MAX, i64::MAX - 1, i64::MAX / 2, i64::MAX / 64 + 1]),
        ]
    };
    prop_oneof![
        3 => (node(), number()).prop_map(|(a, n)| Fault::Length(a, n)),
        3 => (node(), number()).prop_map(|(a, n)| Fault::Offset(a, n)),
        1 => (node(), number()).prop_map(|(a, n)| Fault::NullCount(a, n)),
        1 => (node(), -2i64..8).prop_map(|(a, n)| Fault::BufferCount(a, n)),
        1 => (node(), -2i64..8).prop_map(|(a, n)| Fault::ChildCount(a, n)),
        2 => (node(), 0usize..4).prop_map(|(a, b)| Fault::NullBuffer(a, b)),
        1 => node().prop_map(Fault::NullBuffers),
        1 => (node(), 0usize..3).prop_map(|(a, c)| Fault::NullChild(a, c)),
        1 => node().prop_map(Fault::NullChildren),
        1 => node().prop_map(Fault::NullDictionary),
        1 => node().prop_map(Fault::Released),
        6 => (0usize..8, 0usize..6, -5i64..60).prop_map(|(b, i, n)| Fault::Item(b, i, n)),
    ]
}

fn apply(exported: &mut Exported, fault: &Fault) {
    let memory = &mut exported.memory;
    let nodes = memory.arrays.len();
    match *fault {
        Fault::Length(a, n) => memory.arrays[a % nodes].length = n,
        Fault::Offset(a, n) => memory.arrays[a % nodes].offset = n,
        Fault::NullCount(a, n) => memory.arrays[a % nodes].null_count = n,
        Fault::BufferCount(a, n) => memory.arrays[a % nodes].n_buffers = n,
        Fault::ChildCount(a, n) => memory.arrays[a % nodes].n_children = n,
        Fault::NullBuffer(a, b) => memory.null_buffer(a % nodes, b),
        Fault::NullBuffers(a) => memory.arrays[a % nodes].buffers = std::ptr::null(),
        Fault::NullChild(a, c) => memory.null_child(a % nodes, c, false),
        Fault::NullChildren(a) => memory.arrays[a % nodes].children = std::ptr::null_mut(),
        Fault::NullDictionary(a) => memory.arrays[a % nodes].dictionary = std::ptr::null_mut(),
        Fault::Released(a) => memory.arrays[a % nodes].release = None,
        Fault::Item(b, i, n) => {
            let buffers = memory.buffers.len();
            if buffers > 0 {
                memory.set_item(b % buffers, i, n);
            }
        }
    }
}

#[derive(Debug, Clone)]
enum SchemaFault {
    ChildCount(usize, i64),
    NullChild(usize, usize),
    NullChildren(usize),
    NullFormat(usize),
    NullName(usize),
    Format(usize, &'static str),
    Flags(usize, i64),
    NullDictionary(usize),
    Released(usize),
}

fn schema_fault() -> impl Strategy<Value = SchemaFault> {
    let node = || 0usize..8;
    let formats = vec![
        "",
        "n",
        "i",
        "+",
        "+s",
        "+l",
        "+w:",
        "+w:-1",
        "+w:99999999999",
        "+w:2",
        "w:",
        "w:-3",
        "d:",
        "d:1",
        "d:39,2",
        "d:5,2,32",
        "d:5,2,33",
        "tsx:",
        "tss",
        "tss:UTC",
        "+ud:",
        "+us:1,x",
        "+ud:300",
        "+ud:0,1",
        "+r",
        "+m",
        "+vl",
        "vu",
        "\u{e9}",
        "+s+s",
    ];
    prop_oneof![
        (node(), -2i64..8).prop_map(|(a, n)| SchemaFault::ChildCount(a, n)),
        (node(), 0usize..3).prop_map(|(a, c)| SchemaFault::NullChild(a, c)),
        node().prop_map(SchemaFault::NullChildren),
        node().prop_map(SchemaFault::NullFormat),
        node().prop_map(SchemaFault::NullName),
        (node(), prop::sample::select(formats)).prop_map(|(a, f)| SchemaFault::Format(a, f)),
        (node(), any::<i64>()).prop_map(|(a, n)| SchemaFault::Flags(a, n)),
        node().prop_map(SchemaFault::NullDictionary),
        node().prop_map(SchemaFault::Released),
    ]
}

fn apply_to_schema(exported: &mut Exported, fault: &SchemaFault) {
    let memory = &mut exported.memory;
    let nodes = memory.schemas.len();
    match *fault {
        SchemaFault::ChildCount(a, n) => memory.schemas[a % nodes].n_children = n,
        SchemaFault::NullChild(a, c) => memory.null_child(a % nodes, c, true),
        SchemaFault::NullChildren(a) => memory.schemas[a % nodes].children = std::ptr::null_mut(),
        SchemaFault::NullFormat(a) => memory.schemas[a % nodes].format = std::ptr::null(),
        SchemaFault::NullName(a) => memory.schemas[a % nodes].name = std::ptr::null(),
        SchemaFault::Format(a, format) => memory.set_format(a % nodes, format),
        SchemaFault::Flags(a, n) => memory.schemas[a % nodes].flags = n,
        SchemaFault::NullDictionary(a) => memory.schemas[a % nodes].dictionary = std::ptr::null_mut(),
        SchemaFault::Released(a) => memory.schemas[a % nodes].release = None,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 10_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_wrong_in_an_array_is_an_error_or_harmless(
        example in 0usize..18,
        inside: bool,
        faults in prop::collection::vec(fault(), 1..4),
    ) {
        let (_, producer, _) = &examples()[example];
        let producer = if inside {
            let length = producer.export().array().length as usize;
            Producer::new("+s", length)
                .no_buffer()
                .child(producer.clone().named("inner"))
                .sliced(1)
        } else {
            producer.clone()
        };
        let mut exported = producer.export();
        let field = schema(&exported).expect("the schema is valid");
        for fault in &faults {
            apply(&mut exported, fault);
        }
        match array(&exported, field.data_type()) {
            Err(error) => prop_assert_eq!(error.kind(), ErrorKind::InvalidArrow),
            Ok(chunk) => {
                prop_assert_eq!(Ok(chunk.len), usize::try_from(exported.array().length));
                if chunk.len > 1000 {
                    // Only what has no memory can be that long.
                    return Ok(());
                }
                render::values(&chunk, field.data_type());
                let chunks = [chunk];
                let column = Column::new(&field, &chunks).expect("no extension");
                // A plan or an error, no panic.
                let _ = Planned::new(&column, &Options::default(), &[]);
            }
        }
    }

    #[test]
    fn whatever_is_wrong_in_a_schema_is_an_error_or_a_type(
        example in 0usize..18,
        faults in prop::collection::vec(schema_fault(), 1..4),
    ) {
        let mut exported = examples()[example].1.export();
        for fault in &faults {
            apply_to_schema(&mut exported, fault);
        }
        match schema(&exported) {
            Err(error) => prop_assert_eq!(error.kind(), ErrorKind::InvalidArrow),
            Ok(field) => prop_assert!(Column::of_schema(&field).is_ok()),
        }
    }
}
