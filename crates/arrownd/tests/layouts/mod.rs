//! One valid producer of each layout, and what it holds.

use zerocopy::FromBytes;

use crate::foreign::Producer;

pub(crate) fn ints(values: &[i32]) -> Producer {
    Producer::new("i", values.len()).no_buffer().items(values)
}

pub(crate) fn text(format: &str, words: &[&str]) -> Producer {
    let joined: String = words.concat();
    let ends = words.iter().scan(0, |end, word| {
        *end += word.len() as i32;
        Some(*end)
    });
    let offsets: Vec<i32> = std::iter::once(0).chain(ends).collect();
    Producer::new(format, words.len()).no_buffer().items(&offsets).items(joined.as_bytes())
}

/// A view: at most 12 bytes inside it, longer ones in variadic buffer `buffer`.
pub(crate) fn view(text: &str, buffer: i32, offset: i32) -> [i32; 4] {
    let mut bytes = [0u8; 12];
    if text.len() <= 12 {
        bytes[..text.len()].copy_from_slice(text.as_bytes());
    } else {
        bytes[..4].copy_from_slice(&text.as_bytes()[..4]);
        bytes[4..8].copy_from_slice(&buffer.to_ne_bytes());
        bytes[8..].copy_from_slice(&offset.to_ne_bytes());
    }
    let [a, b, c] = <[i32; 3]>::read_from_bytes(&bytes).expect("12 bytes");
    [text.len() as i32, a, b, c]
}

/// One producer of each layout, and what it holds.
pub(crate) fn examples() -> Vec<(&'static str, Producer, &'static str)> {
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
        ("polars' int128", Producer::new("_pli128", 2).no_buffer().items(&[3i128, -4]), "3|-4"),
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
