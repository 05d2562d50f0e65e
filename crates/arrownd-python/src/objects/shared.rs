//! Objects that many places of a result share: the values of dictionaries and runs, each made once, since none of them can
//! change.
#![allow(unsafe_code, reason = "references are counted many at a time")]

use std::mem::MaybeUninit;

use arrownd::engine::Block;
use pyo3::ffi;
use pyo3::prelude::*;

use super::held;
use crate::errors::Outcome;

/// References are counted beside the objects once so many places for each, and at least so many in all, found
/// theirs made: until then some are still to be made.
const PLACES_EACH: usize = 4;
const PLACES: usize = 1024;
/// Counts of more objects don't stay in the caches either.
const OBJECTS: usize = 1 << 16;

/// What is missing stands here so many times, in turns: a count that was just written takes a while to be read again.
const MISSING: usize = 8;

/// Whether an object begins with its count of references, in the lower half of a word at least, which only who holds the
/// GIL changes.
const COUNT_IN_FRONT: bool =
    size_of::<ffi::PyObject>() == 16 && size_of::<usize>() == 8 && cfg!(target_endian = "little");

/// The objects that are made, and the references to them that places hold and nobody has counted.
///
/// An object's own count lies in other memory, which leaves the innermost cache earlier than four bytes an object do.
/// The references are added before Python code can run, which could drop one, and when this is dropped.
pub(super) struct Shared<'py> {
    /// That of what is missing, some times, then that of each value, as far as they are made.
    objects: Vec<Option<Bound<'py, PyAny>>>,
    counts: Vec<u32>,
    /// The sum of the counts: none of them overflows.
    uncounted: u32,
    /// How many places found their object made since one didn't.
    found: usize,
}

impl<'py> Shared<'py> {
    pub(super) fn new(missing: &Bound<'py, PyAny>) -> Self {
        Self { objects: vec![Some(missing.clone()); MISSING], counts: Vec::new(), uncounted: 0, found: 0 }
    }

    /// Whether [`Shared::put`] pays.
    #[inline]
    pub(super) fn is_settled(&self) -> bool {
        let objects = self.objects.len();
        COUNT_IN_FRONT && objects <= OBJECTS && self.found >= PLACES.max(PLACES_EACH * objects)
    }

    /// Puts the objects of keys, 64 by 64, into places that hold none, and says how many before there are fewer, or one
    /// isn't made yet. Nobody has to have written to the places. `valid` says of 64 values which are there.
    #[inline]
    pub(super) fn put(
        &mut self,
        keys: &[u8],
        valid: impl Fn(usize) -> u64,
        places: &mut [MaybeUninit<usize>],
    ) -> usize {
        self.counts.resize(self.objects.len(), 0);
        // Keys of a dictionary aren't negative.
        match keys.len() / places.len().max(1) {
            1 => self.put_each(keys.as_chunks::<1>().0, |[key]| usize::from(*key), valid, places),
            2 => {
                self.put_each(keys.as_chunks().0, |key| usize::from(u16::from_ne_bytes(*key)), valid, places)
            }
            4 => self.put_each(keys.as_chunks().0, |key| u32::from_ne_bytes(*key) as usize, valid, places),
            _ => self.put_each(keys.as_chunks().0, |key| u64::from_ne_bytes(*key) as usize, valid, places),
        }
    }

    #[inline(always)]
    fn put_each<K>(
        &mut self,
        keys: &[K],
        key: impl Fn(&K) -> usize,
        valid: impl Fn(usize) -> u64,
        places: &mut [MaybeUninit<usize>],
    ) -> usize {
        let mut all = 0;
        for (keys, places) in keys.as_chunks::<64>().0.iter().zip(places.as_chunks_mut::<64>().0) {
            if self.uncounted > u32::MAX - 64 {
                self.count();
            }
            let (valid, keys) = (valid(all), keys.iter().map(&key));
            let done = if valid == u64::MAX {
                self.put_entries(keys.clone().map(|key| key.wrapping_add(MISSING)), places)
            } else {
                self.put_entries(entries(keys.clone(), valid), places)
            };
            if done < 64 {
                for (place, entry) in places.iter_mut().zip(entries(keys, valid)).take(done) {
                    *place = MaybeUninit::new(0);
                    if let Some(count) = self.counts.get_mut(entry) {
                        *count -= 1;
                    }
                }
                break;
            }
            self.uncounted += 64;
            all += 64;
        }
        all
    }

    /// How many there are before one isn't made.
    #[inline(always)]
    fn put_entries(
        &mut self,
        entries: impl Iterator<Item = usize>,
        places: &mut [MaybeUninit<usize>; 64],
    ) -> usize {
        let objects = self.objects.as_slice();
        // As many: an entry is compared with one length.
        let Some(counts) = self.counts.get_mut(..objects.len()) else { return 0 };
        let mut done = 0;
        for (place, entry) in places.iter_mut().zip(entries) {
            let (Some(Some(object)), Some(count)) = (objects.get(entry), counts.get_mut(entry)) else {
                break;
            };
            *place = MaybeUninit::new(object.as_ptr().expose_provenance());
            *count += 1;
            done += 1;
        }
        done
    }

    /// Puts a block's objects into places that hold none, a reference with each: how many before one can't be made, and why
    /// it can't.
    #[inline]
    pub(super) fn take(
        &mut self,
        block: &Block,
        places: &mut [usize],
        mut make: impl FnMut(usize) -> Outcome<Bound<'py, PyAny>>,
    ) -> (usize, Outcome<()>) {
        self.count();
        let mut done = 0;
        loop {
            let keys = block.index.get(done..).unwrap_or_default();
            let valid = block.valid.checked_shr(done as u32).unwrap_or(0);
            let rest = places.get_mut(done..).unwrap_or_default();
            let known = self.take_known(keys, valid, rest);
            self.found += known;
            done += known;
            let (Some(place), Some(key)) = (rest.get_mut(known), keys.get(known)) else {
                return (done, Ok(()));
            };
            let object = match make(*key) {
                Ok(object) => object,
                Err(error) => return (done, Err(error)),
            };
            self.keep(*key, object.clone());
            *place = held(object);
            self.found = 0;
            done += 1;
        }
    }

    /// How many there are before one isn't made.
    #[inline(always)]
    fn take_known(&self, keys: &[usize], valid: u64, places: &mut [usize]) -> usize {
        let mut known = 0;
        for (place, entry) in places.iter_mut().zip(entries(keys.iter().copied(), valid)) {
            let Some(Some(object)) = self.objects.get(entry) else { break };
            *place = held(object.clone());
            known += 1;
        }
        known
    }

    fn keep(&mut self, key: usize, object: Bound<'py, PyAny>) {
        let entry = key.wrapping_add(MISSING);
        if entry >= self.objects.len() {
            self.objects.resize(entry + 1, None);
        }
        if let Some(place) = self.objects.get_mut(entry) {
            *place = Some(object);
        }
    }

    /// Adds the references that nobody has counted.
    fn count(&mut self) {
        if self.uncounted == 0 {
            return;
        }
        for (object, count) in self.objects.iter().zip(&mut self.counts) {
            if let Some(object) = object {
                add_references(object, *count);
            }
            *count = 0;
        }
        self.uncounted = 0;
    }
}

impl Drop for Shared<'_> {
    fn drop(&mut self) {
        self.count();
    }
}

/// Where the objects of keys stand.
#[inline(always)]
fn entries(keys: impl Iterator<Item = usize>, valid: u64) -> impl Iterator<Item = usize> {
    keys.enumerate().map(move |(lane, key)| {
        // Without a branch: which are there is anybody's guess.
        let there = ((valid >> lane & 1) as usize).wrapping_neg();
        key.wrapping_add(MISSING) & there | (lane % MISSING) & !there
    })
}

/// Adds so many references to those of an object.
fn add_references(object: &Bound<'_, PyAny>, references: u32) {
    let Some(more) = references.checked_sub(1) else { return };
    let count = object.as_ptr().cast::<u64>();
    if COUNT_IN_FRONT {
        // SAFETY: a count stands there, and the GIL is held.
        let before = unsafe { count.read() };
        // Python's own way tells what is to be done.
        held(object.clone());
        // SAFETY: as above.
        let after = unsafe { count.read() };
        // Immortal: nobody counts.
        if after == before {
            return;
        }
        let room = (i32::MAX as u32).saturating_sub(after as u32);
        if after == before.wrapping_add(1) && more <= room {
            // SAFETY: as above; what is above the lower half is left as it is, and immortal is what has its highest bit.
            unsafe { count.write(after + u64::from(more)) };
            return;
        }
    } else {
        held(object.clone());
    }
    for _ in 0..more {
        held(object.clone());
    }
}
