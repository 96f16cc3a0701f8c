using System.Buffers.Binary;

namespace Nvmepf.SocModel.Server;

/// <summary>
/// Configuration space of the device that the board sees: a conventional PCI function with three BARs, no capabilities and no interrupt.
/// It is the rig's own invention; a board has its registers on its bus.
/// </summary>
internal sealed class BoardConfigurationSpace
{
    /// <summary>Its length: a conventional PCI function's.</summary>
    internal const int LengthBytes = 256;

    private const int Command = 0x04;
    private const ushort CommandWritable = 0x0546; // memory space, bus master, parity, SERR#, interrupt disable
    private const int CacheLineSize = 0x0c;
    private const int FirstBar = 0x10;
    private const int InterruptLine = 0x3c;
    private const uint Prefetchable64 = 0xc;

    private readonly byte[] _values = new byte[LengthBytes];
    private readonly byte[] _writable = new byte[LengthBytes];

    /// <summary>Builds the space.</summary>
    internal BoardConfigurationSpace()
    {
        const uint RockchipRk3588 = 0x3588_1d87;
        const uint OtherMemoryControllerRevision1 = 0x058000_01;
        const uint SubsystemOfRockchip = 0x5043_1d87;
        Write32(0x00, RockchipRk3588);
        Write32(0x08, OtherMemoryControllerRevision1);
        Write32(0x2c, SubsystemOfRockchip);
        BinaryPrimitives.WriteUInt16LittleEndian(_writable.AsSpan(Command), CommandWritable);
        _writable[CacheLineSize] = 0xff;
        _writable[InterruptLine] = 0xff;
        DefineBar(BoardMap.DbiBar, 0);
        DefineBar(BoardMap.SystemBar, 0);
        DefineBar(BoardMap.WindowBar, Prefetchable64);
        BinaryPrimitives.WriteUInt32LittleEndian(_writable.AsSpan(FirstBar + 4 + ((int)BoardMap.WindowBar * 4)), uint.MaxValue);
    }

    /// <summary>Everything that the board wrote is forgotten.</summary>
    internal void Reset()
    {
        for (int i = 0; i < LengthBytes; i++)
        {
            _values[i] &= (byte)~_writable[i];
        }
    }

    /// <summary>Copies bytes out; the range lies inside the space.</summary>
    internal void Read(int offset, Span<byte> destination) => _values.AsSpan(offset, destination.Length).CopyTo(destination);

    /// <summary>Applies a write of any width; the range lies inside the space. Read-only bits keep their value.</summary>
    internal void Write(int offset, ReadOnlySpan<byte> data)
    {
        for (int i = 0; i < data.Length; i++)
        {
            int writable = _writable[offset + i];
            _values[offset + i] = (byte)((_values[offset + i] & ~writable) | (data[i] & writable));
        }
    }

    private void DefineBar(uint bar, uint flags)
    {
        Write32(FirstBar + ((int)bar * 4), flags);
        BinaryPrimitives.WriteUInt32LittleEndian(_writable.AsSpan(FirstBar + ((int)bar * 4)), ~((uint)BoardMap.BarBytes(bar) - 1));
    }

    private void Write32(int offset, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(_values.AsSpan(offset), value);
}
