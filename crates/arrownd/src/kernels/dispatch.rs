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
