//! Values that come again and again: one Python object for each, as long as that pays.

use pyo3::prelude::*;

/// How many objects are kept; a power of two.
const SLOTS: usize = 4096;
/// Where else a value is looked for when its own slot has another.
const PROBES: usize = 4;
/// After so many values it is asked whether keeping them pays.
const WINDOW: usize = 2048;

/// The objects made so far, found by the bytes they were made of. Turns itself off for good when
/// fewer than a quarter of the values are found: making one costs about four times as much as a look.
pub(super) struct Repeated<'v, 'py> {
    slots: Vec<Option<Kept<'v, 'py>>>,
    looked: usize,
    found: usize,
}

struct Kept<'v, 'py> {
    key: Key,
    bytes: &'v [u8],
    object: Bound<'py, PyAny>,
}

/// Up to 16 bytes are told apart by their length and this alone.
type Key = [u64; 2];

impl<'v, 'py> Repeated<'v, 'py> {
    /// For so many values.
    pub(super) fn new(len: usize) -> Self {
        let mut slots = Vec::new();
        if len >= 2 * WINDOW {
            slots.resize_with(SLOTS, || None);
        }
        Self { slots, looked: 0, found: 0 }
    }

    /// Whether nothing is kept, and [`Repeated::get`] only makes.
    pub(super) fn is_off(&self) -> bool {
        self.slots.is_empty()
    }

    /// The object of these bytes, made by `make` if it isn't known.
    pub(super) fn get(
        &mut self,
        bytes: &'v [u8],
        make: impl FnOnce() -> PyResult<Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.looked += 1;
        if self.looked > WINDOW {
            if self.found < WINDOW / 4 {
                self.slots = Vec::new();
            }
            (self.looked, self.found) = (0, 0);
        }
        let key = key(bytes);
        let home = place(key, bytes.len());
        let mut free = home;
        for probe in 0..PROBES {
            let at = (home + probe) % SLOTS;
            match self.slots.get(at) {
                Some(Some(kept))
                    if kept.key == key
                        && kept.bytes.len() == bytes.len()
                        && (bytes.len() <= 16 || kept.bytes == bytes) =>
                {
                    self.found += 1;
                    return Ok(kept.object.clone());
                }
                Some(Some(_)) => {}
                _ => {
                    free = at;
                    break;
                }
            }
        }
        let object = make()?;
        if let Some(slot) = self.slots.get_mut(free) {
            *slot = Some(Kept { key, bytes, object: object.clone() });
        }
        Ok(object)
    }
}

#[inline(always)]
fn key(bytes: &[u8]) -> Key {
    let wide = |bytes: &[u8; 8]| u64::from_ne_bytes(*bytes);
    let half = |bytes: &[u8; 4]| u64::from(u32::from_ne_bytes(*bytes));
    if let (Some(first), Some(last)) = (bytes.first_chunk::<8>(), bytes.last_chunk::<8>()) {
        [wide(first), wide(last)]
    } else if let (Some(first), Some(last)) = (bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) {
        [half(first), half(last)]
    } else {
        let byte = |at: usize| bytes.get(at).copied().map_or(0, u64::from);
        [byte(0), byte(1) << 8 | byte(2)]
    }
}

#[inline(always)]
fn place(key: Key, len: usize) -> usize {
    let [a, b] = key;
    let mixed = (a ^ (len as u64).rotate_left(56)).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ b;
    let mixed = (mixed ^ mixed >> 32).wrapping_mul(0xff51_afd7_ed55_8ccd);
    (mixed >> 52) as usize % SLOTS
}
