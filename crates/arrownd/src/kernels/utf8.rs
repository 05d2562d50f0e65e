//! Whether bytes are UTF-8.

/// The text that the bytes are, if they are UTF-8. *One look at the bytes*, by vector instructions with the feature
/// `simdutf8`.
#[inline]
pub(crate) fn utf8(bytes: &[u8]) -> Option<&str> {
    #[cfg(feature = "simdutf8")]
    use simdutf8::basic::from_utf8;
    #[cfg(not(feature = "simdutf8"))]
    use std::str::from_utf8;

    from_utf8(bytes).ok()
}
