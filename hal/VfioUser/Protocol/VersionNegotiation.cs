using System.Buffers.Binary;

namespace Nvmepf.Hal.VfioUser;

/// <summary>What a client said of itself in its VERSION message; the protocol's defaults where it said nothing.</summary>
internal struct ClientCapabilities
{
    /// <summary>Which optional keys the client sent; only those may come back in the reply.</summary>
    [Flags]
    internal enum Keys
    {
        None = 0,
        MaxMessageFds = 1,
        MaxDataTransfer = 2,
        MaxDmaMaps = 4,
        PageSizes = 8,
    }

    internal Keys Offered;
    internal ushort Minor;

    /// <summary>True where the message had a JSON text at all (SPDK sends none).</summary>
    internal bool HasText;

    /// <summary>The most descriptors that the client takes in one message.</summary>
    internal long MaxMessageFds;

    /// <summary>The most data bytes that the client takes in one message.</summary>
    internal long MaxDataTransferBytes;
    internal long MaxDmaMaps;
    internal long PageSizes;

    internal static ClientCapabilities Defaults => new()
    {
        MaxMessageFds = 1,
        MaxDataTransferBytes = 1 << 20,
        MaxDmaMaps = 65535,
        PageSizes = 4096,
    };
}

/// <summary>
/// VERSION: reads what the client offers and writes the answer. Clients are picky in ways of their own: the reply has a JSON object
/// with "capabilities" always (else QEMU reads its own request as the answer), is never longer than the request (QEMU receives into
/// the request's buffer), holds no key that the client did not send, and its minor version is never above the client's.
/// </summary>
/// <remarks>Twin sockets, migration and REGION_WRITE_MULTI are not offered: the last makes QEMU queue every write.</remarks>
internal static class VersionNegotiation
{
    private const ushort Major = 0;
    private const ushort MinorMax = 1;
    private const int PrefixBytes = 4;

    /// <summary>
    /// Reads a VERSION payload.
    /// </summary>
    /// <returns>False for a wrong major version, a text that is not NUL-terminated JSON, or a known key with a value of another type.</returns>
    internal static bool TryRead(ReadOnlySpan<byte> payload, out ClientCapabilities client)
    {
        client = ClientCapabilities.Defaults;
        if (payload.Length < PrefixBytes || BinaryPrimitives.ReadUInt16LittleEndian(payload) != Major)
        {
            return false;
        }

        client.Minor = BinaryPrimitives.ReadUInt16LittleEndian(payload[2..]);
        if (payload.Length == PrefixBytes)
        {
            return true;
        }

        int length = payload[PrefixBytes..].IndexOf((byte)0);
        if (length < 0)
        {
            return false;
        }

        client.HasText = true;
        JsonScanner scanner = new(payload.Slice(PrefixBytes, length));
        return TryReadTop(ref scanner, ref client) && scanner.AtEnd();
    }

    /// <summary>
    /// Writes the reply's payload.
    /// </summary>
    /// <param name="client">What the client offered.</param>
    /// <param name="requestBytes">Length of the request's payload, which the reply does not exceed where the client sent JSON.</param>
    /// <param name="dmaMapsMax">How many mappings the server takes.</param>
    /// <param name="reply">Where it goes; 256 bytes are enough.</param>
    /// <returns>Bytes written.</returns>
    internal static int WriteReply(in ClientCapabilities client, int requestBytes, int dmaMapsMax, Span<byte> reply)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(reply, Major);
        BinaryPrimitives.WriteUInt16LittleEndian(reply[2..], Math.Min(client.Minor, MinorMax));
        int limit = client.HasText ? Math.Min(requestBytes, reply.Length) : reply.Length;
        Writer writer = new(reply[PrefixBytes..], limit - PrefixBytes);
        writer.Open();
        writer.Add(client, ClientCapabilities.Keys.MaxMessageFds, "\"max_msg_fds\":"u8, ProtocolLimits.FileDescriptorsMax);
        writer.Add(client, ClientCapabilities.Keys.MaxDataTransfer, "\"max_data_xfer_size\":"u8, ProtocolLimits.DataTransferBytesMax);
        if ((client.PageSizes & (long)ProtocolLimits.DmaPageBytes) != 0)
        {
            writer.Add(client, ClientCapabilities.Keys.PageSizes, "\"pgsizes\":"u8, (long)ProtocolLimits.DmaPageBytes);
        }

        writer.Add(client, ClientCapabilities.Keys.MaxDmaMaps, "\"max_dma_maps\":"u8, Math.Min(client.MaxDmaMaps, dmaMapsMax));
        return PrefixBytes + writer.Close();
    }

    private static bool TryReadTop(ref JsonScanner scanner, ref ClientCapabilities client)
    {
        if (!scanner.TryTake((byte)'{'))
        {
            return false;
        }

        if (scanner.TryTake((byte)'}'))
        {
            return true;
        }

        do
        {
            if (!scanner.TryTakeName(out ReadOnlySpan<byte> name))
            {
                return false;
            }

            bool read = name.SequenceEqual("capabilities"u8) ? TryReadCapabilities(ref scanner, ref client) : scanner.TrySkipValue();
            if (!read)
            {
                return false;
            }
        }
        while (scanner.TryTake((byte)','));
        return scanner.TryTake((byte)'}');
    }

    private static bool TryReadCapabilities(ref JsonScanner scanner, ref ClientCapabilities client)
    {
        if (!scanner.TryTake((byte)'{'))
        {
            return false;
        }

        if (scanner.TryTake((byte)'}'))
        {
            return true;
        }

        do
        {
            if (!scanner.TryTakeName(out ReadOnlySpan<byte> name) || !TryReadCapability(ref scanner, name, ref client))
            {
                return false;
            }
        }
        while (scanner.TryTake((byte)','));
        return scanner.TryTake((byte)'}');
    }

    private static bool TryReadCapability(ref JsonScanner scanner, ReadOnlySpan<byte> name, ref ClientCapabilities client)
    {
        if (name.SequenceEqual("max_msg_fds"u8))
        {
            client.Offered |= ClientCapabilities.Keys.MaxMessageFds;
            return scanner.TryTakeWholeNumber(out client.MaxMessageFds);
        }

        if (name.SequenceEqual("max_data_xfer_size"u8))
        {
            client.Offered |= ClientCapabilities.Keys.MaxDataTransfer;
            return scanner.TryTakeWholeNumber(out client.MaxDataTransferBytes);
        }

        if (name.SequenceEqual("max_dma_maps"u8))
        {
            client.Offered |= ClientCapabilities.Keys.MaxDmaMaps;
            return scanner.TryTakeWholeNumber(out client.MaxDmaMaps);
        }

        if (name.SequenceEqual("pgsizes"u8))
        {
            client.Offered |= ClientCapabilities.Keys.PageSizes;
            return scanner.TryTakeWholeNumber(out client.PageSizes);
        }

        return name.SequenceEqual("write_multiple"u8) ? scanner.TryTakeBoolean(out _) : scanner.TrySkipValue();
    }

    /// <summary>Writes the JSON object; a key that would make it too long is left out, which every key may be.</summary>
    private ref struct Writer
    {
        private const int ClosingBytes = 3;
        private readonly Span<byte> _text;
        private readonly int _limit;
        private int _length;
        private bool _hasKey;

        internal Writer(Span<byte> text, int limit)
        {
            _text = text;
            _limit = limit;
        }

        internal void Open()
        {
            ReadOnlySpan<byte> opening = "{\"capabilities\":{"u8;
            opening.CopyTo(_text);
            _length = opening.Length;
        }

        internal void Add(in ClientCapabilities client, ClientCapabilities.Keys key, ReadOnlySpan<byte> nameAndColon, long value)
        {
            if ((client.Offered & key) == 0)
            {
                return;
            }

            Span<byte> digits = stackalloc byte[DecimalText.LengthMax];
            int digitCount = DecimalText.Write((ulong)value, digits);
            int comma = _hasKey ? 1 : 0;
            if (_length + comma + nameAndColon.Length + digitCount + ClosingBytes > _limit)
            {
                return;
            }

            if (_hasKey)
            {
                _text[_length++] = (byte)',';
            }

            nameAndColon.CopyTo(_text[_length..]);
            _length += nameAndColon.Length;
            digits[..digitCount].CopyTo(_text[_length..]);
            _length += digitCount;
            _hasKey = true;
        }

        internal int Close()
        {
            "}}\0"u8.CopyTo(_text[_length..]);
            return _length + ClosingBytes;
        }
    }
}
