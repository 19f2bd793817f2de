//! A function that does nothing for itself: it greets, or gives back the body that it was sent.
//!
//! It runs on one thread as the router does, so that what the router takes beyond it is the router's own.

use std::convert::Infallible;

use lambda_http::http::header::CONTENT_TYPE;
use lambda_http::{Body, Error, Request, Response, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    lambda_http::run_concurrent(service_fn(hello)).await
}

async fn hello(request: Request) -> Result<Response<Body>, Infallible> {
    let (mut head, body) = request.into_parts();
    let mut response = Response::new(match body {
        Body::Empty => Body::Text("hello\n".to_owned()),
        body => body,
    });
    if let Some(media_type) = head.headers.remove(CONTENT_TYPE) {
        // By it the runtime tells text from bytes.
        response.headers_mut().insert(CONTENT_TYPE, media_type);
    }
    Ok(response)
}
