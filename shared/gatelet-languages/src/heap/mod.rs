//! Values of JSON documents and of templates: what a document is read into, what a JSONPath finds, what a template makes.
//!
//! Lists and maps live in a [`Heap`], and a [`Value`] points to them, so that two references can mean the same list, as in Java.
//! A heap lives as long as one rendering or one query. There is no way out of it: a value is data and has no class, no method of
//! its own and no way to the world.

mod map;

use bumpalo::Bump;

pub use map::Map;

/// A value. Cheap to copy: texts are borrowed from the document, the template or the heap, lists and maps are pointed to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Value<'a> {
    /// `null`
    Null,
    /// `true` or `false`
    Boolean(bool),
    /// An integer that Java holds in an `Integer` or a `Long`.
    Integer(i64),
    /// A number that Java holds in a `Double`.
    Double(f64),
    /// A number that Java holds in a `BigInteger` or a `BigDecimal`: its text as Java prints it.
    Big(&'a str),
    /// A text.
    Text(&'a str),
    /// A list of the heap.
    List(ListId),
    /// A map of the heap.
    Map(MapId),
}

/// Which list of a heap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ListId(u32);

/// Which map of a heap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct MapId(u32);

/// Where the lists, maps and texts of one rendering or query live.
#[derive(Debug)]
pub struct Heap<'a> {
    texts: &'a Bump,
    lists: Vec<List<'a>>,
    maps: Vec<(Map<'a>, MapKind)>,
    /// How many bytes the lists and maps take.
    bytes: usize,
}

#[derive(Debug)]
struct List<'a> {
    values: Vec<Value<'a>>,
    kind: ListKind,
}

/// What a heap holds at a moment.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Mark {
    lists: usize,
    maps: usize,
    bytes: usize,
}

/// Which of Java's lists a list is; they differ in how they are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListKind {
    /// One of a JSON document, printed as JSON.
    Json,
    /// Java's own, printed as `[a, b]`.
    Java,
    /// A set or another collection of Java's, printed as a list: one cannot ask for the element at a place.
    Collection,
    /// What an iterator still goes through, the next last.
    Iterator,
}

/// Which of Java's maps a map is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MapKind {
    /// Any, printed as `{a=1, b=2}`.
    Map,
    /// An entry of a map, with the keys `key` and `value`, printed as `a=1`.
    Entry,
}

impl<'a> Heap<'a> {
    /// An empty heap, whose texts are kept in `texts`.
    #[must_use]
    pub const fn new(texts: &'a Bump) -> Self {
        Self { texts, lists: Vec::new(), maps: Vec::new(), bytes: 0 }
    }

    /// Keeps a text.
    #[must_use]
    pub fn text(&self, text: &str) -> &'a str {
        self.texts.alloc_str(text)
    }

    /// Where texts are kept, for whoever builds one in place.
    #[must_use]
    pub const fn texts(&self) -> &'a Bump {
        self.texts
    }

    /// Makes a list of a JSON document.
    pub fn new_list(&mut self, values: Vec<Value<'a>>) -> ListId {
        self.new_list_of(ListKind::Json, values)
    }

    /// Makes a list.
    pub fn new_list_of(&mut self, kind: ListKind, values: Vec<Value<'a>>) -> ListId {
        self.bytes += bytes_of_list(values.capacity());
        let id = ListId(index(self.lists.len()));
        self.lists.push(List { values, kind });
        id
    }

    /// How many lists and maps there are, and what they take, to go back to.
    pub(crate) const fn mark(&self) -> Mark {
        Mark { lists: self.lists.len(), maps: self.maps.len(), bytes: self.bytes }
    }

    /// Forgets all lists and maps that were made since, to which no value may point any more.
    pub(crate) fn reset_to(&mut self, mark: Mark) {
        self.lists.truncate(mark.lists);
        self.maps.truncate(mark.maps);
        self.bytes = mark.bytes;
    }

    /// How many lists there are.
    #[must_use]
    pub const fn count_lists(&self) -> usize {
        self.lists.len()
    }

    /// Makes all lists but the first so many lists of a kind.
    pub fn set_kind_from(&mut self, first: usize, kind: ListKind) {
        self.lists.iter_mut().skip(first).for_each(|list| list.kind = kind);
    }

    /// Which kind of list it is.
    #[must_use]
    pub fn list_kind(&self, id: ListId) -> ListKind {
        self.lists.get(id.0 as usize).map_or(ListKind::Json, |list| list.kind)
    }

    /// Makes a map.
    pub fn new_map(&mut self, map: Map<'a>) -> MapId {
        self.new_map_of(MapKind::Map, map)
    }

    /// Makes a map of a kind.
    pub fn new_map_of(&mut self, kind: MapKind, map: Map<'a>) -> MapId {
        self.bytes += bytes_of_map(map.entries().len());
        let id = MapId(index(self.maps.len()));
        self.maps.push((map, kind));
        id
    }

    /// Which kind of map it is.
    #[must_use]
    pub fn map_kind(&self, id: MapId) -> MapKind {
        self.maps.get(id.0 as usize).map_or(MapKind::Map, |(_, kind)| *kind)
    }

    /// The values of a list; none where it is another heap's.
    #[must_use]
    pub fn list(&self, id: ListId) -> &[Value<'a>] {
        self.lists.get(id.0 as usize).map(|list| list.values.as_slice()).unwrap_or_default()
    }

    /// About how many bytes its texts, lists and maps take. What is taken out of a list or map still counts.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.texts.allocated_bytes() + self.bytes
    }

    /// Counts bytes that something beside its values takes.
    pub(crate) const fn charge(&mut self, bytes: usize) {
        self.bytes += bytes;
    }

    /// Appends to a list.
    pub(crate) fn push(&mut self, id: ListId, value: Value<'a>) {
        if let Some(list) = self.lists.get_mut(id.0 as usize) {
            self.bytes += ELEMENT_BYTES;
            list.values.push(value);
        }
    }

    /// Sets the value of a key of a map; returns what it had before.
    pub(crate) fn put(&mut self, id: MapId, key: &'a str, value: Value<'a>) -> Option<Value<'a>> {
        let (map, _) = self.maps.get_mut(id.0 as usize)?;
        let before = map.put(key, value);
        if before.is_none() {
            self.bytes += MEMBER_BYTES;
        }
        before
    }

    /// The values of a list, to be changed, but not to be made more: that is [`Heap::push`].
    pub(crate) fn list_mut(&mut self, id: ListId) -> Option<&mut Vec<Value<'a>>> {
        self.lists.get_mut(id.0 as usize).map(|list| &mut list.values)
    }

    /// A map; none where it is another heap's.
    #[must_use]
    pub fn map(&self, id: MapId) -> Option<&Map<'a>> {
        self.maps.get(id.0 as usize).map(|(map, _)| map)
    }

    /// A map, to be changed, but not to be made larger: that is [`Heap::put`].
    pub(crate) fn map_mut(&mut self, id: MapId) -> Option<&mut Map<'a>> {
        self.maps.get_mut(id.0 as usize).map(|(map, _)| map)
    }
}

/// What an element of a list takes, in bytes: twice its size, because lists grow by doubling.
pub(crate) const ELEMENT_BYTES: usize = 2 * size_of::<Value<'_>>();

/// What a member of a map takes, in bytes, that of its index included.
pub(crate) const MEMBER_BYTES: usize = 2 * size_of::<(&str, Value<'_>)>() + 2 * size_of::<(&str, usize)>();

/// What a list of so many elements takes, in bytes.
pub(crate) const fn bytes_of_list(count: usize) -> usize {
    2 * size_of::<List<'_>>() + count * size_of::<Value<'_>>()
}

/// What a map of so many members takes, in bytes.
pub(crate) const fn bytes_of_map(count: usize) -> usize {
    2 * size_of::<(Map<'_>, MapKind)>() + count * MEMBER_BYTES
}

/// A heap is bounded by what its texts and its renderer's fuel allow, far below four milliards of lists.
fn index(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}
