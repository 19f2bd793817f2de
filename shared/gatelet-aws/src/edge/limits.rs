//! What every front door takes of a request. AWS's own limits where AWS has one
//! (<https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html>,
//! <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html>).

/// The longest URL, in bytes: what AWS's edge takes. Beyond: 414.
pub const URL_BYTES_MAX: usize = 8_192;

/// Names and values of all headers together, in bytes. Beyond: 431.
pub const HEADER_BYTES_MAX: usize = 10_240;

/// How many headers a request may have. Beyond: 431.
pub const HEADERS_MAX: usize = 100;

/// The largest body of a request, in bytes (10 MB). Beyond: 413.
pub const BODY_BYTES_MAX: usize = 10 * 1024 * 1024;
