// SPDX-License-Identifier: Apache-2.0

import Quantization

extension Directory.Tensor {
  enum CodingKeys: String, CodingKey {
    case name, type, shape, scheme, encoding, reason, statistics
  }

  /// Reads an entry; one whose encoding is unknown is kept, so that the file can be opened.
  package init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    name = try container.decode(String.self, forKey: .name)
    type = try container.decode(String.self, forKey: .type)
    shape = try container.decode([Int].self, forKey: .shape)
    scheme = try container.decode(String.self, forKey: .scheme)
    reason = try container.decodeIfPresent(String.self, forKey: .reason)
    statistics = try container.decodeIfPresent(Directory.Statistics.self, forKey: .statistics)
    do {
      encoding = .success(try container.decode(Encoding.self, forKey: .encoding))
    } catch let unknown as UnknownEncoding {
      encoding = .failure(unknown)
    }
  }

  /// Writes an entry.
  ///
  /// - Throws: ``UnknownEncoding`` where the encoding is unknown: what was not kept can't be written.
  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(name, forKey: .name)
    try container.encode(type, forKey: .type)
    try container.encode(shape, forKey: .shape)
    try container.encode(scheme, forKey: .scheme)
    try container.encode(encoding.get(), forKey: .encoding)
    try container.encodeIfPresent(reason, forKey: .reason)
    try container.encodeIfPresent(statistics, forKey: .statistics)
  }
}
