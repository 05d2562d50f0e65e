//! Booleans and numbers.

use arrownd::engine::{Data, Element, Visit, choose};
use half::f16;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyFloat};

use super::{Make, bytes, put};
use crate::errors::Outcome;

/// The null type: every value is missing.
pub(super) struct Nothing;

impl Make for Nothing {
    fn make<'py>(&self, py: Python<'py>, _: &Data<'_>, _: usize) -> Outcome<Bound<'py, PyAny>> {
        Ok(py.None().into_bound(py))
    }
}

/// Writes True and False from bits, 64 at a time and their references at once: one by one takes eight times as long.
pub(super) fn booleans(py: Python<'_>, visit: &mut Visit<'_>, fill: &Bound<'_, PyAny>) {
    let Data::Bits(bits) = &*visit.part.data else { return };
    let [no, yes] = [false, true].map(|value| PyBool::new(py, value).to_owned().into_any());
    let choices = [&no, &yes, fill];
    for at in (0..visit.run.len()).step_by(64) {
        let (word, valid) = visit.booleans(bits, at);
        if let Some(places) = super::empty(&mut visit.run, at, 64).and_then(|places| places.first_chunk_mut())
        {
            for (object, chosen) in choices.into_iter().zip([valid & !word, valid & word, !valid]) {
                for _ in 0..chosen.count_ones() {
                    super::held(object.clone());
                }
            }
            choose(word, valid, choices.map(|object| object.as_ptr().expose_provenance()), places);
            continue;
        }
        for lane in 0..(visit.run.len() - at).min(64) {
            let object = match (valid >> lane & 1, word >> lane & 1) {
                (0, _) => fill,
                (_, 0) => &no,
                _ => &yes,
            };
            put(&mut visit.run, at + lane, object.clone());
        }
    }
}

/// True and False, from bits.
pub(super) struct Boolean;

impl Make for Boolean {
    fn make<'py>(&self, py: Python<'py>, data: &Data<'_>, index: usize) -> Outcome<Bound<'py, PyAny>> {
        let value = matches!(data, Data::Bits(bits) if bits.get(index));
        Ok(PyBool::new(py, value).to_owned().into_any())
    }
}

/// True and False, from bytes.
pub(super) struct ByteBoolean;

impl Make for ByteBoolean {
    fn make<'py>(&self, py: Python<'py>, data: &Data<'_>, index: usize) -> Outcome<Bound<'py, PyAny>> {
        Ok(PyBool::new(py, bytes::<1>(data, index) != [0]).to_owned().into_any())
    }
}

/// int and float.
pub(super) struct Number(pub(super) Element);

impl Make for Number {
    fn make<'py>(&self, py: Python<'py>, data: &Data<'_>, index: usize) -> Outcome<Bound<'py, PyAny>> {
        macro_rules! int {
            ($t:ty) => {
                <$t>::from_ne_bytes(bytes(data, index))
                    .into_pyobject(py)
                    .map(Bound::into_any)
                    .map_err(PyErr::from)?
            };
        }
        let float = |value: f64| PyFloat::new(py, value).into_any();
        Ok(match self.0 {
            Element::I8 => int!(i8),
            Element::I16 => int!(i16),
            Element::I32 => int!(i32),
            Element::I64 => int!(i64),
            Element::U8 => int!(u8),
            Element::U16 => int!(u16),
            Element::U32 => int!(u32),
            Element::U64 => int!(u64),
            Element::F16 => float(f64::from(f16::from_ne_bytes(bytes(data, index)))),
            Element::F32 => float(f64::from(f32::from_ne_bytes(bytes(data, index)))),
            Element::F64 => float(f64::from_ne_bytes(bytes(data, index))),
            Element::Wide { signed: true } => int!(i128),
            Element::Wide { signed: false } => int!(u128),
            // These have a `Make` of their own.
            Element::Null
            | Element::Bit
            | Element::ByteBool
            | Element::Decimal { .. }
            | Element::Opaque(_)
            | Element::Varlen { .. }
            | Element::Nested => py.None().into_bound(py),
        })
    }
}
