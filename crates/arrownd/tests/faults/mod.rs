//! What a producer may get wrong: numbers and pointers, one at a time.
#![allow(unsafe_code, reason = "release callbacks are taken away")]

use proptest::prelude::*;

use crate::foreign::Exported;

/// One thing that a producer may get wrong.
#[derive(Debug, Clone)]
pub(crate) enum Fault {
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

pub(crate) fn fault() -> impl Strategy<Value = Fault> {
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

pub(crate) fn apply(exported: &mut Exported, fault: &Fault) {
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
        // SAFETY: nothing is called for a released struct.
        Fault::Released(a) => unsafe { memory.arrays[a % nodes].set_release(None) },
        Fault::Item(b, i, n) => {
            let buffers = memory.buffers.len();
            if buffers > 0 {
                memory.set_item(b % buffers, i, n);
            }
        }
    }
}

#[derive(Debug, Clone)]
pub(crate) enum SchemaFault {
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

pub(crate) fn schema_fault() -> impl Strategy<Value = SchemaFault> {
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

pub(crate) fn apply_to_schema(exported: &mut Exported, fault: &SchemaFault) {
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
        // SAFETY: nothing is called for a released struct.
        SchemaFault::Released(a) => unsafe { memory.schemas[a % nodes].set_release(None) },
    }
}
