//! Dictionaries, of values that come some at a time.

use arrow_buffer::{BooleanBufferBuilder, NullBuffer};
use arrow_data::ArrayData;
use arrow_schema::DataType;

use super::rows::Rows;
use super::table::Table;
use super::values::{Store, Stored, octets, with_values};
use crate::dense::cast::{Values, broken, fill};
use crate::dense::execute::filled;
use crate::dense::{Memory, Room};
use crate::error::{Error, Result};

/// How many codes are found before they are written: they stay in the cache.
const SOME: usize = 1 << 12;

/// Builds a dictionary, with the distinct values in order of first appearance.
pub(in crate::dense) struct CodesBuilder {
    index: DataType,
    values: DataType,
    /// Bytes of a code.
    width: usize,
    /// How many codes the type has.
    most: usize,
    count: usize,
    len: usize,
    keys: Room,
    /// The next codes.
    some: Vec<u32>,
    valid: Option<BooleanBufferBuilder>,
    table: Table,
    /// The distinct values.
    known: Stored,
}

impl CodesBuilder {
    /// For `count` values, and codes of the type `index`; None for values that aren't compared.
    pub(in crate::dense) fn new(
        index: &DataType,
        values: &DataType,
        count: usize,
        memory: &mut dyn Memory,
    ) -> Result<Option<Self>> {
        use DataType as T;
        let most = match index {
            T::Int8 => 1 << 7,
            T::UInt8 => 1 << 8,
            T::Int16 => 1 << 15,
            T::UInt16 => 1 << 16,
            T::Int32 => 1 << 31,
            T::UInt32 | T::Int64 | T::UInt64 => usize::MAX,
            other => return Err(Error::BadValue(format!("{other} is no type of codes"))),
        };
        let Some(known) = Stored::new(values) else { return Ok(None) };
        let width = index.primitive_width().unwrap_or(1);
        let keys = memory.allocate(fill::bytes(count, width)?)?;
        let (index, values, table) = (index.clone(), values.clone(), Table::new(count.min(most)));
        let (some, valid) = (vec![0; count.min(SOME)], None);
        Ok(Some(Self { index, values, width, most, count, len: 0, keys, some, valid, table, known }))
    }

    /// How many values there are.
    pub(in crate::dense) fn len(&self) -> usize {
        self.len
    }

    /// How many distinct values there can be.
    pub(in crate::dense) fn most(&self) -> usize {
        self.most
    }

    /// Appends the values of an array. False, and nothing more may be appended, where it is of another type, there is no
    /// code for the next value, or no offset.
    pub(in crate::dense) fn append(&mut self, data: &ArrayData) -> Result<bool> {
        if *data.data_type() != self.values || data.len() > self.count - self.len {
            return Ok(false);
        }
        let Some(rows) = Rows::of(data).transpose()? else { return Ok(false) };
        let nulls = data.nulls().filter(|nulls| nulls.null_count() > 0);
        if nulls.is_some() || self.valid.is_some() {
            let valid = self.valid.get_or_insert_with(|| {
                let mut all = BooleanBufferBuilder::new(self.count);
                all.append_n(self.len, true);
                all
            });
            match nulls {
                Some(nulls) => valid.append_buffer(nulls.inner()),
                None => valid.append_n(data.len(), true),
            }
        }
        let Self { most, table, known, some, .. } = self;
        let mut coded = 0;
        while coded < data.len() {
            let n = (data.len() - coded).min(SOME);
            let some = some.get_mut(..n).unwrap_or_default();
            let found = with_values!(
                &mut *known,
                &rows,
                |store, value| codes(table, store, *most, nulls, coded, value, some)?,
                return Ok(false)
            );
            write(&mut self.keys, self.width, self.len, some.get(..found).unwrap_or_default())?;
            (self.len, coded) = (self.len + found, coded + found);
            if found < n {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The dictionary. *Reads the codes once*, to check them.
    pub(in crate::dense) fn finish(self) -> Result<ArrayData> {
        let Self { index, values, width, count, len, keys, some, valid, table, known, .. } = self;
        if len != count {
            return Err(Error::BadValue(format!("{len} of {count} values are there")));
        }
        drop((some, table));
        let distinct = known.finish(&values, None)?;
        let nulls = valid.map(|mut valid| NullBuffer::new(valid.finish()));
        let nulls = nulls.filter(|nulls| nulls.null_count() > 0);
        let data_type = DataType::Dictionary(Box::new(index), Box::new(values));
        let data = ArrayData::builder(data_type).len(count).nulls(nulls);
        let data = data.add_buffer(filled(keys, count * width)).add_child_data(distinct);
        data.build().map_err(broken)
    }
}

/// The codes of the values from `start` on, as many as there is memory for; how many were found until there was none, or no
/// offset, for the next.
#[inline]
fn codes<'v, S: Store>(
    table: &mut Table,
    store: &mut S,
    most: usize,
    nulls: Option<&NullBuffer>,
    start: usize,
    value: impl Fn(usize) -> Result<S::Value<'v>>,
    out: &mut [u32],
) -> Result<usize> {
    let seed = table.seed();
    for (i, code) in out.iter_mut().enumerate() {
        let at = start + i;
        if nulls.is_some_and(|nulls| nulls.is_null(at)) {
            *code = 0;
            continue;
        }
        let value = value(at)?;
        let hash = S::hash(seed, value);
        let found = match table.find(hash, |code| store.is(code, value)) {
            Ok(code) => code,
            Err(place) => {
                let next = store.len();
                if next >= most || !store.push(value) {
                    return Ok(i);
                }
                table.insert(place, hash, |code| store.hash_at(seed, code))?;
                next
            }
        };
        *code = found as u32;
    }
    Ok(out.len())
}

/// Writes codes from position `start` on.
fn write(keys: &mut Room, width: usize, start: usize, codes: &[u32]) -> Result<()> {
    let memory = keys.as_uninit_slice().get_mut(start * width..).unwrap_or_default();
    let mut codes = codes.iter().copied();
    macro_rules! of {
        ($t:ty) => {
            fill::each(memory, codes.len(), |_| Ok(codes.next().unwrap_or(0) as $t))
        };
    }
    match width {
        1 => of!(u8),
        2 => of!(u16),
        4 => of!(u32),
        _ => of!(u64),
    }
}
