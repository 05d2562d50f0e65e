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

/// How far ahead of a loop its input is asked for, in bytes; 0 on CPUs that fetch it by themselves.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ahead(usize);

/// How far ahead a loop over `len` bytes asks. What comes after a short stretch is where the next one begins, if the
/// memory is read in blocks.
#[inline(always)]
pub(crate) fn ahead(len: usize) -> Ahead {
    Ahead(if asks_ahead() { len.min(FAR) } else { 0 })
}

/// As far ahead as pays: the next page.
const FAR: usize = 4096;

/// Asks for the cache lines that a loop over memory comes to so far after `block`.
///
/// Where a mask is applied to what is loaded, compilers fold both into a masked load, and masked loads don't
/// make every CPU fetch ahead on its own: without this such loops run at half the memory's speed there.
#[inline(always)]
pub(crate) fn fetch_ahead<T>(block: &[T], ahead: Ahead) {
    #[cfg(target_arch = "x86_64")]
    if ahead.0 != 0 {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        let ahead = block.as_ptr().cast::<i8>().wrapping_add(ahead.0);
        for line in (0..size_of_val(block)).step_by(64) {
            // SAFETY: a hint, which reads nothing; any address will do.
            unsafe { _mm_prefetch::<_MM_HINT_T0>(ahead.wrapping_add(line)) };
        }
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = (block, ahead.0);
}

/// The same for a row of values that the next row follows: short rows ask for what comes without a loop.
#[inline(always)]
pub(super) fn fetch_row_ahead<T>(row: &[T], ahead: Ahead) {
    const LINES: usize = 4;
    if size_of_val(row) > LINES * 64 {
        return fetch_ahead(row, ahead);
    }
    #[cfg(target_arch = "x86_64")]
    if ahead.0 != 0 {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        let ahead = row.as_ptr().cast::<i8>().wrapping_add(ahead.0);
        for line in 0..LINES {
            // SAFETY: a hint, which reads nothing; any address will do.
            unsafe { _mm_prefetch::<_MM_HINT_T0>(ahead.wrapping_add(line * 64)) };
        }
    }
}

/// Whether this CPU has to be asked: AMD's of family 25 (Zen 3 and 4) fetch ahead for masked loads too, and asking
/// costs up to a third there.
#[inline]
fn asks_ahead() -> bool {
    #[cfg(target_arch = "x86_64")]
    {
        use std::sync::atomic::{AtomicU8, Ordering::Relaxed};
        const UNKNOWN: u8 = 2;
        static ASKS: AtomicU8 = AtomicU8::new(UNKNOWN);
        if ASKS.load(Relaxed) == UNKNOWN {
            ASKS.store(u8::from(amd_family() != Some(25)), Relaxed);
        }
        ASKS.load(Relaxed) == 1
    }
    #[cfg(not(target_arch = "x86_64"))]
    false
}

/// The family of a CPU of AMD's.
#[cfg(target_arch = "x86_64")]
#[cold]
#[allow(unused_unsafe, reason = "safe in newer compilers")]
fn amd_family() -> Option<u32> {
    use std::arch::x86_64::__cpuid;
    // SAFETY: every CPU of this architecture has the instruction.
    let (vendor, version) = unsafe { (__cpuid(0), __cpuid(1).eax) };
    let name = [vendor.ebx, vendor.edx, vendor.ecx].map(u32::to_le_bytes);
    (name.as_flattened() == b"AuthenticAMD").then_some((version >> 8 & 0xf) + (version >> 20 & 0xff))
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
