using Nvmepf.Hal.DesignWare;
using Nvmepf.Hal.Mmio;

namespace Nvmepf.Hal.Rk3588;

/// <summary>One channel: starts a list, and knows when to look at it.</summary>
internal sealed class EdmaChannelRunner
{
    private const ulong LinkBytesPerNanosecond = 4; // four lanes at 8 GT/s, framing and headers included

    private readonly EdmaSide _side;
    private readonly EdmaChannel _registers;
    private readonly int _number;
    private long _lookIntervalNanoseconds;

    /// <summary>Creates it, idle.</summary>
    internal EdmaChannelRunner(Edma edma, DmaDirection direction, int number)
    {
        bool isRead = direction == DmaDirection.HostToDevice;
        _side = isRead ? edma.Read : edma.Write;
        _registers = isRead ? edma.ReadChannel(number) : edma.WriteChannel(number);
        _number = number;
    }

    /// <summary>The channel's bit in status registers.</summary>
    internal uint Bit => 1u << _number;

    /// <summary>The list that the engine works on, or null.</summary>
    internal EdmaTransferList? Running { get; private set; }

    /// <summary>When the running list is late.</summary>
    internal long DeadlineNanoseconds { get; private set; }

    /// <summary>When the running list is to be looked at.</summary>
    internal long NextLookNanoseconds { get; private set; }

    /// <summary>Where the engine's list pointer stands.</summary>
    internal ulong ListPointer => _registers.ListPointerLow.Read().Raw | ((ulong)_registers.ListPointerHigh.Read().Raw << 32);

    /// <summary>What the channel does.</summary>
    internal EdmaChannelStatus Status => _registers.Control1.Read().Status;

    /// <summary>Starts a list that was filled; the channel is idle.</summary>
    internal void Start(EdmaTransferList list, long now, EdmaTimes times)
    {
        Invariant.Check(Running is null && list.Count > 0, "an idle channel and a list for it");
        list.Seal();
        Running = list;
        DeadlineNanoseconds = now + times.ListDeadlineNanoseconds;

        // No link is faster, so that a look before this finds nothing.
        NextLookNanoseconds = now + times.FirstLookNanoseconds + (long)(list.Bytes / LinkBytesPerNanosecond);
        _lookIntervalNanoseconds = times.LookIntervalNanoseconds;

        // Bits of the time before belong to no list of ours: an old abort would convict this one.
        _side.InterruptClear.Write(new EdmaInterrupts { Done = Bit, Abort = Bit });
        _registers.Control1.Write(EdmaList.StartControl);
        _registers.ListPointerLow.Write(new RegisterWord((uint)list.Physical));
        _registers.ListPointerHigh.Write(new RegisterWord((uint)(list.Physical >> 32)));

        // List, data that was cleaned and registers before the doorbell.
        Mmio.Barrier.Full();
        _side.Doorbell.Write(new EdmaDoorbell { Channel = (uint)_number });
    }

    /// <summary>A look at the time <paramref name="now"/> has found the list running: what runs long is looked at less often, in proportion.</summary>
    internal void PutOffLook(long now)
    {
        if (now >= NextLookNanoseconds)
        {
            _lookIntervalNanoseconds += _lookIntervalNanoseconds / 8;
            NextLookNanoseconds = now + _lookIntervalNanoseconds;
        }
    }

    /// <summary>The running list, if any, is not the engine's any more.</summary>
    internal void Finish() => Running = null;
}
