//! The CPU's vector width, chosen once at run time.
#![allow(unsafe_code, reason = "functions compiled for a CPU feature are called after asking for it")]

/// A loop that is compiled for each vector width. `run` must be `#[inline(always)]`, and so must
/// what it calls: that is what makes the compiler use the wider registers.
pub(crate) trait Kernel {
    type Out;
    fn run(self) -> Self::Out;
}

/// Runs `kernel` compiled for the widest registers that this machine has.
#[inline]
pub(crate) fn dispatch<K: Kernel>(kernel: K) -> K::Out {
    #[cfg(target_arch = "x86_64")]
    {
        #[cfg(arrownd_avx512)]
        if is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512dq")
            && is_x86_feature_detected!("avx512vl")
            && is_x86_feature_detected!("bmi2")
            && is_x86_feature_detected!("fma")
        {
            // SAFETY: every feature that `wide512` is compiled for was found.
            return unsafe { wide512(kernel) };
        }
        if is_x86_feature_detected!("avx2")
            && is_x86_feature_detected!("bmi2")
            && is_x86_feature_detected!("fma")
        {
            // SAFETY: every feature that `wide256` is compiled for was found.
            return unsafe { wide256(kernel) };
        }
    }
    kernel.run()
}

/// How far ahead of a loop over `len` bytes its input is asked for, in bytes. What comes after a short stretch is
/// where the next one begins, if the memory is read in blocks.
#[inline(always)]
pub(crate) fn ahead(len: usize) -> usize {
    len.min(FAR)
}

/// As far ahead as pays: the next page.
pub(crate) const FAR: usize = 4096;

/// Asks for the cache lines that a loop over memory comes to `ahead` bytes after `block`.
///
/// Where a mask is applied to what is loaded, compilers fold both into a masked load, and masked loads don't
/// make the CPU fetch ahead on its own: without this such loops run at half the memory's speed.
#[inline(always)]
pub(crate) fn fetch_ahead<T>(block: &[T], ahead: usize) {
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        let ahead = block.as_ptr().cast::<i8>().wrapping_add(ahead);
        for line in (0..size_of_val(block)).step_by(64) {
            // SAFETY: a hint, which reads nothing; any address will do.
            unsafe { _mm_prefetch::<_MM_HINT_T0>(ahead.wrapping_add(line)) };
        }
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = (block, ahead);
}

/// The same for a row of values that the next row follows: short rows ask for a page ahead without a loop.
#[inline(always)]
pub(super) fn fetch_row_ahead<T>(row: &[T]) {
    const LINES: usize = 4;
    if size_of_val(row) > LINES * 64 {
        return fetch_ahead(row, FAR);
    }
    #[cfg(target_arch = "x86_64")]
    for line in 0..LINES {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        // SAFETY: a hint, which reads nothing; any address will do.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(row.as_ptr().cast::<i8>().wrapping_add(FAR + line * 64)) };
    }
}

/// Asks for the cache line that is written some way after `block`: pays where more is written than read.
#[inline(always)]
pub(super) fn claim_ahead<T>(block: &[T; 64]) {
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::x86_64::{_MM_HINT_ET0, _mm_prefetch};
        let ahead = block.as_ptr().cast::<i8>().wrapping_add(2 * FAR);
        // SAFETY: a hint, which writes nothing; any address will do.
        unsafe { _mm_prefetch::<_MM_HINT_ET0>(ahead) };
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = block;
}

#[cfg(all(target_arch = "x86_64", arrownd_avx512))]
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,bmi1,bmi2,fma,popcnt,lzcnt")]
fn wide512<K: Kernel>(kernel: K) -> K::Out {
    kernel.run()
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,bmi1,bmi2,fma,popcnt,lzcnt")]
fn wide256<K: Kernel>(kernel: K) -> K::Out {
    kernel.run()
}
