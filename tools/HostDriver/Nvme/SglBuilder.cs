using System.Runtime.InteropServices;
using Nvmepf.HostDriver.VfioUser;
using Nvmepf.Spec;

namespace Nvmepf.HostDriver.Nvme;

/// <summary>Writes SGLs: data blocks and bit buckets in as many chained segments as wanted (NVMe Base 2.1 section 4.3.2).</summary>
public static class SglBuilder
{
    /// <summary>Bytes of a descriptor.</summary>
    public const int DescriptorLengthBytes = 16;

    /// <summary>A descriptor of any type, right or wrong.</summary>
    public static SglDescriptor Descriptor(
        SglDescriptorType type, ulong address, uint lengthBytes, SglDescriptorSubType subType = SglDescriptorSubType.Address) => new()
        {
            Address = address,
            LengthBytes = lengthBytes,
            Identifier = new SglIdentifier { Type = type, SubType = subType },
        };

    /// <summary>A data block.</summary>
    public static SglDescriptor DataBlock(ulong address, uint lengthBytes) => Descriptor(SglDescriptorType.DataBlock, address, lengthBytes);

    /// <summary>A bit bucket: bytes of a read that nobody wants.</summary>
    public static SglDescriptor BitBucket(uint lengthBytes) => Descriptor(SglDescriptorType.BitBucket, 0, lengthBytes);

    /// <summary>
    /// The descriptor that goes into the command for the given data blocks and bit buckets. One data block goes there itself. More are
    /// written to <paramref name="memory"/>, <paramref name="descriptorsPerSegment"/> (2 or more) to a segment, the last of each
    /// segment but the last one being the pointer to the next.
    /// </summary>
    public static SglDescriptor Build(ReadOnlySpan<SglDescriptor> pieces, HostBuffer memory, int descriptorsPerSegment = 256)
    {
        if (pieces.Length == 1 && pieces[0].Identifier.Type == SglDescriptorType.DataBlock)
        {
            return pieces[0];
        }

        int position = 0;
        int remaining = pieces.Length;
        SglDescriptor first = default;
        int pointer = -1;
        while (remaining > 0)
        {
            bool last = remaining <= descriptorsPerSegment;
            int count = last ? remaining : descriptorsPerSegment - 1;
            int inSegment = last ? count : count + 1;
            SglDescriptor toSegment = Descriptor(
                last ? SglDescriptorType.LastSegment : SglDescriptorType.Segment,
                memory.Address + (uint)(position * DescriptorLengthBytes),
                (uint)(inSegment * DescriptorLengthBytes));
            if (pointer < 0)
            {
                first = toSegment;
            }
            else
            {
                Write(memory, pointer, toSegment);
            }

            for (int i = 0; i < count; i++)
            {
                Write(memory, position + i, pieces[pieces.Length - remaining + i]);
            }

            pointer = position + count;
            position += inSegment;
            remaining -= count;
        }

        return first;
    }

    /// <summary>Writes one descriptor at an index of descriptor memory.</summary>
    public static void Write(HostBuffer memory, int index, SglDescriptor descriptor) =>
        MemoryMarshal.Write(memory.Bytes.Slice(index * DescriptorLengthBytes, DescriptorLengthBytes), in descriptor);
}
