//! The values of a checked chunk as text: reads every value that the chunk says is there.

use arrow_schema::{DataType, UnionFields};
use arrownd::engine::{Chunk, Data};

/// All values, each as [`value`] has it, with bars between them.
pub(crate) fn values(chunk: &Chunk<'_>, data_type: &DataType) -> String {
    let all: Vec<String> = (0..chunk.len).map(|i| value(chunk, data_type, i)).collect();
    all.join("|")
}

fn range(chunk: &Chunk<'_>, data_type: &DataType, start: usize, len: usize) -> String {
    let all: Vec<String> = (start..start + len).map(|i| value(chunk, data_type, i)).collect();
    format!("[{}]", all.join(","))
}

fn integer(bytes: &[u8], width: usize, at: usize, unsigned: bool) -> i128 {
    let item = &bytes[at * width..(at + 1) * width];
    let negative = !unsigned && item.last().is_some_and(|byte| byte & 0x80 != 0);
    let mut wide = [if negative { 0xff } else { 0 }; 16];
    wide[..width].copy_from_slice(item);
    i128::from_le_bytes(wide)
}

fn unsigned(data_type: &DataType) -> bool {
    matches!(data_type, DataType::UInt8 | DataType::UInt16 | DataType::UInt32 | DataType::UInt64)
}

/// One value: a number, text, `[..]` for lists, `{..}` for structs, `_` for a missing one.
pub(crate) fn value(chunk: &Chunk<'_>, data_type: &DataType, i: usize) -> String {
    assert!(i < chunk.len);
    if chunk.validity.is_some_and(|bits| !bits.get(i)) {
        return "_".to_owned();
    }
    match (&chunk.data, data_type) {
        (Data::Null, _) => "_".to_owned(),
        (Data::Bits(bits), _) => bits.get(i).to_string(),
        (Data::Fixed(bytes), _) => {
            let width = bytes.len() / chunk.len;
            if width > 16 {
                return format!("{:?}", &bytes[i * width..(i + 1) * width]);
            }
            integer(bytes, width, i, unsigned(data_type)).to_string()
        }
        (Data::Binary { offsets, .. }, _) => {
            let bytes = chunk.data.bytes(i);
            assert_eq!(bytes.len() as i64, offsets.get(i + 1) - offsets.get(i));
            String::from_utf8_lossy(bytes).into_owned()
        }
        (Data::Views { views, .. }, _) => {
            let bytes = chunk.data.bytes(i);
            assert_eq!(bytes.len() as i128, integer(&views[i], 4, 0, false));
            String::from_utf8_lossy(bytes).into_owned()
        }
        (
            Data::List { offsets, child, .. },
            DataType::List(field) | DataType::LargeList(field) | DataType::Map(field, _),
        ) => {
            let (start, end) = (offsets.get(i) as usize, offsets.get(i + 1) as usize);
            range(child, field.data_type(), start, end - start)
        }
        (
            Data::ListView { offsets, sizes, child },
            DataType::ListView(field) | DataType::LargeListView(field),
        ) => range(child, field.data_type(), offsets.get(i) as usize, sizes.get(i) as usize),
        (Data::FixedList { size, child }, DataType::FixedSizeList(field, _)) => {
            range(child, field.data_type(), i * size, *size)
        }
        (Data::Struct(children), DataType::Struct(fields)) => {
            let all: Vec<String> = children
                .iter()
                .zip(fields)
                .map(|(child, field)| value(child, field.data_type(), i))
                .collect();
            format!("{{{}}}", all.join(","))
        }
        (Data::Dictionary { keys, values }, DataType::Dictionary(index, of)) => {
            let Data::Fixed(bytes) = &keys.data else { panic!("keys are integers") };
            let key = integer(bytes, bytes.len() / keys.len, i, unsigned(index));
            value(values, of, key as usize)
        }
        (Data::RunEnds { offset, run_ends, values }, DataType::RunEndEncoded(_, of)) => {
            let Data::Fixed(bytes) = &run_ends.data else { panic!("run ends are integers") };
            let width = bytes.len() / run_ends.len;
            let run =
                (0..run_ends.len).position(|run| integer(bytes, width, run, false) > (offset + i) as i128);
            value(values, of.data_type(), run.expect("the runs cover the array"))
        }
        (Data::Union { ids, offsets, children, .. }, DataType::Union(fields, _)) => {
            let (at, of) = member(fields, ids[i] as i8);
            let place = offsets.map_or(i, |offsets| offsets.get(i) as usize);
            format!("{}:{}", ids[i], value(&children[at], of, place))
        }
        (data, data_type) => panic!("{data:?} isn't how {data_type} lies"),
    }
}

fn member(fields: &UnionFields, id: i8) -> (usize, &DataType) {
    let mut members = fields.iter().enumerate();
    let (at, (_, field)) = members.find(|(_, (of, _))| *of == id).expect("a declared id");
    (at, field.data_type())
}
