using Nvmepf.HostDriver.VfioUser;
using Nvmepf.Spec;

namespace Nvmepf.HostDriver.Nvme;

/// <summary>
/// The host's side of Doorbell Buffer Config (NVMe Base 2.1 section 5.2.5): two pages laid out as the doorbells of BAR 0, values in one, and in
/// the other how far the controller has seen them, so that it can say which register writes it wants.
/// </summary>
public sealed unsafe class ShadowDoorbells
{
    private const int DoorbellBase = 0x1000;
    private const int PageLengthBytes = 4096;

    private readonly HostBuffer _values;
    private readonly HostBuffer _eventIndexes;

    /// <summary>Takes two pages of memory that the device may reach; the controller is told by <see cref="Command"/>.</summary>
    public ShadowDoorbells(DmaArena arena, int alignmentBytes)
    {
        _values = arena.Allocate(PageLengthBytes, alignmentBytes);
        _eventIndexes = arena.Allocate(PageLengthBytes, alignmentBytes);
        _values.Bytes.Clear();
        _eventIndexes.Bytes.Clear();
    }

    /// <summary>Register writes that the controller has asked for.</summary>
    public long RegisterWrites { get; private set; }

    /// <summary>Doorbells rung, by memory alone or with the register.</summary>
    public long Rings { get; private set; }

    /// <summary>Doorbell Buffer Config with these pages.</summary>
    public SubmissionQueueEntry Command() => new()
    {
        Cdw0 = new CommandDword0 { Opcode = (byte)AdminOpcode.DoorbellBufferConfig },
        Prp1 = _values.Address,
        Prp2 = _eventIndexes.Address,
    };

    /// <summary>Stores a doorbell's value. True where the controller wants the register written as well.</summary>
    /// <param name="offset">Offset of the doorbell in BAR 0.</param>
    /// <param name="value">The new value.</param>
    public bool MustWriteRegister(int offset, uint value)
    {
        // Both pages have a word for each doorbell of the page in BAR 0, so the offset is inside them.
        uint* word = (uint*)(_values.Pointer + (offset - DoorbellBase));
        uint before = *word;
        Volatile.Write(ref *word, value);
        Rings++;

        // The controller stores EventIdx and then reads the value; here it is the other way round.
        Interlocked.MemoryBarrier();
        uint eventIndex = Volatile.Read(ref *(uint*)(_eventIndexes.Pointer + (offset - DoorbellBase)));
        bool isPassed = (ushort)(value - eventIndex - 1) < (ushort)(value - before);
        RegisterWrites += isPassed ? 1 : 0;
        return isPassed;
    }

    /// <summary>Gives the pages back; the controller does not use them any more.</summary>
    public void Free(DmaArena arena)
    {
        arena.Free(_values);
        arena.Free(_eventIndexes);
    }
}
