//! What the router takes where Lambda starts it, beside a function that does nothing.
//!
//! Both are built as for Lambda and started by a Runtime API that is played here, in turn, so that what else the machine
//! does meets all of them alike. To add a figure: a row in [`compare`].

mod built;
mod definitions;
mod events;
mod neighbours;
mod process;
mod runtime_api;

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use bytes::Bytes;
use events::Large;
use gatelet_aws::dynamodb::DEFINITIONS_TABLE;
use gatelet_benches::{Figure, Limit, ProgramRow, Programs};
use neighbours::Neighbours;
use process::{Process, Program};
use runtime_api::Answer;

/// How often each program is started.
const STARTS: usize = 31;
/// How many warm invocations are measured.
const INVOCATIONS: usize = 1_000;
/// How many come before those.
const WARMING: usize = 100;

/// What the router's start may take beyond hello's.
const INIT: Limit = Limit::AboveFirst(Figure::Nanoseconds(3e6));
/// From a first event to the first words of a TLS handshake. AWS-LC that gathers jitter entropy needs 20 ms and more.
const GREETING: Limit = Limit::AtMost(Figure::Nanoseconds(5e6));
/// What Lambda downloads.
const ZIP: Limit = Limit::AtMost(Figure::Bytes(4e6));
/// What stays in memory.
const RESIDENT: Limit = Limit::AtMost(Figure::Bytes(40e6));
/// The least memory that Lambda gives.
const PEAK: Limit = Limit::AtMost(Figure::Bytes(128e6));

fn main() -> ExitCode {
    gatelet_benches::run_programs(measure)
}

fn measure() -> Result<Programs, String> {
    let hello = built::build("hello")?;
    let router = built::build("router")?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    runtime.map_err(|error| format!("there is no runtime: {error}"))?.block_on(compare(&hello, &router))
}

async fn compare(hello: &Path, router: &Path) -> Result<Programs, String> {
    let mut neighbours = Neighbours::start().await?;
    let [petstore, function] = [folder()?, folder()?];
    definitions::pack_petstore(petstore.path())?;
    definitions::pack_function(function.path())?;
    let api_id = definitions::deploy_petstore(neighbours.dynamodb).await?;
    let programs = [
        Program::new("hello", hello, None),
        Program::new("router, packed", router, Some(petstore.path())),
        Program::new("router, table", router, None)
            .with("GATELET_DEFINITIONS_TABLE", DEFINITIONS_TABLE)
            .with("GATELET_API", api_id.to_string())
            .with("AWS_ENDPOINT_URL_DYNAMODB", format!("http://{}", neighbours.dynamodb)),
    ];
    let [hello_program, _, _] = &programs;
    let before_function = |name, scheme, lambda| {
        let lambda = format!("{scheme}://{lambda}");
        Program::new(name, router, Some(function.path())).with("AWS_ENDPOINT_URL_LAMBDA", lambda)
    };
    let caller = before_function("router before a function", "http", neighbours.lambda);
    let streaming = before_function("router that streams", "http", neighbours.lambda)
        .with("GATELET_RESPONSE_STREAMING", "true");
    let greeter = before_function("router before TLS", "https", neighbours.tls);

    let starts = starts(&programs, &greeter, &mut neighbours).await?;
    let [mut mock, mut resident] = [const { Vec::new() }; 2];
    for program in &programs {
        let warm = warm(program).await?;
        mock.push(Some(warm.time));
        resident.push(warm.resident);
    }
    let calls = warm(&caller).await?;
    let peak = [large(hello_program, Answers::Whole).await?, large(&caller, Answers::Whole).await?, None];
    let peak_streamed = large(&streaming, Answers::AsTheyCome).await?;
    let (hello, router) = (built::sizes(hello)?, built::sizes(router)?);
    // The two routers are one program, and differ in nothing but what they read first.
    let packed = |figure| vec![None, figure, None];
    let row = |name, figures, limit| ProgramRow { name, figures, limit };
    Ok(Programs {
        names: programs.iter().map(|program| program.name).collect(),
        rows: vec![
            row("start of the process to its first poll", starts.init, INIT),
            row("first event to its answer", starts.first_answer, Limit::None),
            row("first event to the first words of TLS", packed(Some(starts.greeting)), GREETING),
            row("warm invocation", mock, Limit::None),
            row("warm invocation that invokes a function", packed(Some(calls.time)), Limit::None),
            row("resident after 1,100 invocations", resident, RESIDENT),
            row("resident after 1,100 that invoke a function", packed(calls.resident), RESIDENT),
            row("most memory, 6 MB in and out", peak.to_vec(), PEAK),
            row("most memory, 6 MB in and streamed out", packed(peak_streamed), PEAK),
            row("program", vec![Some(hello.program), Some(router.program), None], Limit::None),
            row("zip", vec![Some(hello.zip), Some(router.zip), None], ZIP),
        ],
    })
}

/// What starts were found to take, by program.
struct Starts {
    init: Vec<Option<Figure>>,
    first_answer: Vec<Option<Figure>>,
    /// Of the one that calls a function over TLS.
    greeting: Figure,
}

/// Starts all programs in turn, again and again.
async fn starts(
    programs: &[Program],
    greeter: &Program,
    neighbours: &mut Neighbours,
) -> Result<Starts, String> {
    let mut inits = vec![Vec::new(); programs.len()];
    let mut first_answers = inits.clone();
    let mut greetings = Vec::new();
    for _ in 0..STARTS {
        for ((program, inits), first_answers) in programs.iter().zip(&mut inits).zip(&mut first_answers) {
            let mut process = program.start().await?;
            inits.push(process.init);
            first_answers.push(answered(&mut process, &events::small(), Answers::Whole).await?.took);
        }
        let mut process = greeter.start().await?;
        // The answer is that the other side hung up.
        let handed = process.invoke(&events::small()).await?.handed;
        let greeted = neighbours.greeted().await.map_err(|why| process.told(&why))?;
        greetings.push(greeted.saturating_duration_since(handed));
    }
    let medians = |all: Vec<Vec<Duration>>| all.into_iter().map(median).map(Some).collect();
    Ok(Starts { init: medians(inits), first_answer: medians(first_answers), greeting: median(greetings) })
}

/// What a process was found to take that has had many invocations.
struct Warm {
    time: Figure,
    resident: Option<Figure>,
}

/// Invokes a program again and again.
async fn warm(program: &Program) -> Result<Warm, String> {
    let (mut process, event) = (program.start().await?, events::small());
    for _ in 0..WARMING {
        answered(&mut process, &event, Answers::Whole).await?;
    }
    let mut times = Vec::with_capacity(INVOCATIONS);
    for _ in 0..INVOCATIONS {
        times.push(answered(&mut process, &event, Answers::Whole).await?.took);
    }
    Ok(Warm { time: median(times), resident: process.memory("VmRSS").map(Figure::Bytes) })
}

/// The most memory that a process needs for the largest bodies, as text and as bytes.
async fn large(program: &Program, answers: Answers) -> Result<Option<Figure>, String> {
    let mut process = program.start().await?;
    for body in [Large::Text, Large::Bytes] {
        let event = events::large(body);
        let answer = answered(&mut process, &event, answers).await?;
        let came_back = events::body_bytes(&answer)?;
        if came_back != body.bytes() {
            return Err(process.told(&format!("of {} bytes it gives back {came_back}", body.bytes())));
        }
    }
    Ok(process.memory("VmHWM").map(Figure::Bytes))
}

/// How a program answers.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Answers {
    Whole,
    AsTheyCome,
}

/// Gives a process an event that it must answer with 200.
async fn answered(process: &mut Process, event: &Bytes, answers: Answers) -> Result<Answer, String> {
    let answer = process.invoke(event).await?;
    if answer.streamed != (answers == Answers::AsTheyCome) {
        return Err(process.told(&format!("it was to answer {answers:?}, and does not")));
    }
    match events::status(&answer) {
        Ok(200) => Ok(answer),
        other => Err(process.told(&format!("it was to answer 200, and answers {other:?}"))),
    }
}

/// The one in the middle.
fn median(mut times: Vec<Duration>) -> Figure {
    times.sort_unstable();
    let middle = times.get(times.len() / 2).copied().unwrap_or_default();
    Figure::Nanoseconds(middle.as_secs_f64() * 1e9)
}

fn folder() -> Result<tempfile::TempDir, String> {
    tempfile::tempdir().map_err(|error| error.to_string())
}
