//! Values of a dictionary, by keys that are checked on the way.

use std::mem::MaybeUninit;

use zerocopy::FromBytes;

use super::blocks::Pod;
use super::dispatch::{Kernel, dispatch};
use crate::execute::Run;

/// Copies the values of `width` bytes that keys of 32 bits lead to. Whether all keys are below the number of values; `None`, and
/// nothing done, for values or places that don't lie aligned in a row, or as many as there are keys.
pub(crate) fn look_up(values: &[u8], width: usize, keys: &[[u8; 4]], run: &mut Run<'_>) -> Option<bool> {
    match width {
        1 => of::<u8>(values, keys, run),
        2 => of::<u16>(values, keys, run),
        4 => of::<u32>(values, keys, run),
        8 => of::<u64>(values, keys, run),
        _ => None,
    }
}

fn of<T: Pod>(values: &[u8], keys: &[[u8; 4]], run: &mut Run<'_>) -> Option<bool> {
    let values = <[T]>::ref_from_bytes(values).ok()?;
    let out = run.contiguous::<T>()?;
    (out.len() == keys.len()).then(|| dispatch(LookUp { values, keys, out }))
}

struct LookUp<'a, 'o, T> {
    values: &'a [T],
    keys: &'a [[u8; 4]],
    out: &'o mut [MaybeUninit<T>],
}

impl<T: Pod> Kernel for LookUp<'_, '_, T> {
    type Out = bool;

    #[inline(always)]
    fn run(self) -> bool {
        let Self { values, keys, out } = self;
        let Some(last) = values.len().checked_sub(1) else { return keys.is_empty() };
        for (keys, out) in keys.chunks(64).zip(out.chunks_mut(64)) {
            // A negative key is a large one.
            let most = keys.iter().fold(0, |most, key| u32::from_ne_bytes(*key).max(most));
            if most as usize > last {
                return false;
            }
            for (to, key) in out.iter_mut().zip(keys) {
                // Never past the last one: so that the compiler needs no branch.
                let at = (u32::from_ne_bytes(*key) as usize).min(last);
                *to = MaybeUninit::new(values.get(at).copied().unwrap_or(T::new_zeroed()));
            }
        }
        true
    }
}
