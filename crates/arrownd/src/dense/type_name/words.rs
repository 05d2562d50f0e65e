//! The names that there are, for those who misspell one.

const NAMES: [&str; 55] = [
    "null",
    "bool",
    "bool8",
    "int8",
    "int16",
    "int32",
    "int64",
    "uint8",
    "uint16",
    "uint32",
    "uint64",
    "float16",
    "float32",
    "float64",
    "halffloat",
    "float",
    "double",
    "utf8",
    "large_utf8",
    "utf8_view",
    "string",
    "large_string",
    "string_view",
    "binary",
    "large_binary",
    "binary_view",
    "fixed_size_binary[n]",
    "date32",
    "date64",
    "time32[s]",
    "time64[us]",
    "timestamp[us]",
    "duration[us]",
    "interval[year_month]",
    "month_day_nano_interval",
    "day_time_interval",
    "month_interval",
    "decimal32(p, s)",
    "decimal64(p, s)",
    "decimal128(p, s)",
    "decimal256(p, s)",
    "list[T]",
    "large_list[T]",
    "list_view[T]",
    "large_list_view[T]",
    "fixed_size_list[T, n]",
    "struct[name: T]",
    "map[K, V]",
    "dictionary[int32, T]",
    "run_end_encoded[T]",
    "uuid",
    "json",
    "tensor",
    "dense_union",
    "sparse_union",
];

/// NumPy's names, and Python's, that Arrow has others for.
const OTHERS: [(&str, &str); 9] = [
    ("datetime64", "timestamp[unit]"),
    ("timedelta64", "duration[unit]"),
    ("datetime", "timestamp[us]"),
    ("timedelta", "duration[us]"),
    ("int", "int64"),
    ("uint", "uint64"),
    ("date", "date32"),
    ("time", "time64[us]"),
    ("object", "utf8, binary, list[T]"),
];

/// What to say of a name that isn't one.
pub(super) fn nearest(word: &str) -> String {
    if let Some((_, known)) = OTHERS.iter().find(|(other, _)| *other == word) {
        return format!("Arrow has {known}");
    }
    let bare = |name: &'static str| name.split(['[', '(']).next().unwrap_or(name);
    let mut near: Vec<(usize, &str)> = NAMES
        .iter()
        .map(|name| (distance(word, bare(name)), *name))
        .filter(|(distance, name)| {
            *distance <= 2.max(bare(name).len() / 3) || bare(name).contains(word) && word.len() > 2
        })
        .collect();
    near.sort_by_key(|(distance, _)| *distance);
    let names: Vec<&str> = near.into_iter().take(3).map(|(_, name)| name).collect();
    match names.as_slice() {
        [] => "such as int64, utf8, timestamp[us], list[int64], or pass a type object".to_owned(),
        names => format!("did you mean {}", names.join(" or ")),
    }
}

/// How many letters have to be changed, put in or left out.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().take(64).enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        for (place, to) in row.iter_mut().skip(1).zip(&b) {
            let above = *place;
            let changed = diagonal + usize::from(from != *to);
            left = changed.min(above + 1).min(left + 1);
            (*place, diagonal) = (left, above);
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or(0)
}
