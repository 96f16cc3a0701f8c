using System.Buffers.Binary;

namespace Nvmepf.HostDriver.VfioUser;

/// <summary>One mappable part of a region.</summary>
/// <param name="Offset">Offset in the region in bytes.</param>
/// <param name="LengthBytes">Length in bytes.</param>
public readonly record struct MappableArea(ulong Offset, ulong LengthBytes);

/// <summary>What the server says of one region (the reply to DEVICE_GET_REGION_INFO).</summary>
public sealed class RegionInfo
{
    /// <summary>Index of BAR 0.</summary>
    public const int Bar0 = 0;

    /// <summary>Index of the configuration space.</summary>
    public const int ConfigurationSpace = 7;

    /// <summary>Bytes of the fixed part of the structure.</summary>
    public const int FixedLengthBytes = 32;

    private const uint FlagRead = 1;
    private const uint FlagWrite = 2;
    private const uint FlagMmap = 4;
    private const uint FlagCapabilities = 8;
    private const ushort CapabilitySparseMmap = 1;

    /// <summary>Region index.</summary>
    public required uint Index { get; init; }

    /// <summary>Flag bits as received: 0 read, 1 write, 2 mmap, 3 capabilities.</summary>
    public required uint Flags { get; init; }

    /// <summary>Bytes of the region; 0 when there is none.</summary>
    public required ulong LengthBytes { get; init; }

    /// <summary>Where the region starts in the file that comes with the reply.</summary>
    public required ulong FileOffset { get; init; }

    /// <summary>The mappable parts; the whole region when it is mappable and no capability narrows that.</summary>
    public required IReadOnlyList<MappableArea> MappableAreas { get; init; }

    /// <summary>The file descriptor that came with the reply, or -1. Owned by whoever holds this object.</summary>
    public required int FileDescriptor { get; init; }

    /// <summary>Whether the region may be read.</summary>
    public bool Readable => (Flags & FlagRead) != 0;

    /// <summary>Whether the region may be written.</summary>
    public bool Writable => (Flags & FlagWrite) != 0;

    /// <summary>Whether the region has something to map.</summary>
    public bool Mappable => (Flags & FlagMmap) != 0;

    /// <summary>Reads a reply's payload. Throws <see cref="VfioUserException"/> when it contradicts itself.</summary>
    public static RegionInfo Parse(ReadOnlySpan<byte> payload, int fileDescriptor)
    {
        if (payload.Length < FixedLengthBytes)
        {
            throw new VfioUserException(
                $"DEVICE_GET_REGION_INFO reply has {payload.Length} bytes of payload, at least {FixedLengthBytes} are due");
        }

        uint argumentLength = BinaryPrimitives.ReadUInt32LittleEndian(payload);
        uint flags = BinaryPrimitives.ReadUInt32LittleEndian(payload[4..]);
        uint capabilityOffset = BinaryPrimitives.ReadUInt32LittleEndian(payload[12..]);
        ulong length = BinaryPrimitives.ReadUInt64LittleEndian(payload[16..]);
        if (argumentLength < FixedLengthBytes)
        {
            throw new VfioUserException($"DEVICE_GET_REGION_INFO reply says argsz {argumentLength}, at least {FixedLengthBytes} is due");
        }

        var areas = new List<MappableArea>();
        if ((flags & FlagCapabilities) != 0)
        {
            ReadCapabilities(payload, capabilityOffset, length, areas);
        }
        else if ((flags & FlagMmap) != 0)
        {
            areas.Add(new MappableArea(0, length));
        }

        return new RegionInfo
        {
            Index = BinaryPrimitives.ReadUInt32LittleEndian(payload[8..]),
            Flags = flags,
            LengthBytes = length,
            FileOffset = BinaryPrimitives.ReadUInt64LittleEndian(payload[24..]),
            MappableAreas = areas,
            FileDescriptor = fileDescriptor,
        };
    }

    private static void ReadCapabilities(ReadOnlySpan<byte> payload, uint firstOffset, ulong regionLength, List<MappableArea> areas)
    {
        uint offset = firstOffset;
        for (int links = 0; offset != 0; links++)
        {
            // A chain has a header each 8 bytes at the least: more links than that is a loop.
            if (links > payload.Length / 8 || offset < FixedLengthBytes || offset + 8UL > (ulong)payload.Length)
            {
                throw new VfioUserException(
                    $"DEVICE_GET_REGION_INFO reply has a capability at {offset} of {payload.Length} bytes, or a chain that loops");
            }

            ReadOnlySpan<byte> capability = payload[(int)offset..];
            if (BinaryPrimitives.ReadUInt16LittleEndian(capability) == CapabilitySparseMmap)
            {
                ReadSparseAreas(capability, regionLength, areas);
            }

            offset = BinaryPrimitives.ReadUInt32LittleEndian(capability[4..]);
        }
    }

    private static void ReadSparseAreas(ReadOnlySpan<byte> capability, ulong regionLength, List<MappableArea> areas)
    {
        uint count = capability.Length < 16 ? uint.MaxValue : BinaryPrimitives.ReadUInt32LittleEndian(capability[8..]);
        if (16 + (16 * (ulong)count) > (ulong)capability.Length)
        {
            throw new VfioUserException($"sparse-mmap capability announces {count} areas, more than the reply holds");
        }

        for (int i = 0; i < (int)count; i++)
        {
            ReadOnlySpan<byte> entry = capability[(16 + (16 * i))..];
            var area =
                new MappableArea(BinaryPrimitives.ReadUInt64LittleEndian(entry), BinaryPrimitives.ReadUInt64LittleEndian(entry[8..]));
            if (area.LengthBytes > regionLength || area.Offset > regionLength - area.LengthBytes)
            {
                throw new VfioUserException(
                    $"mappable area {area.Offset:x}h+{area.LengthBytes:x}h lies outside its region of {regionLength:x}h bytes");
            }

            areas.Add(area);
        }
    }
}
