using Nvmepf.Hal.DesignWare;
using Nvmepf.Hal.Mmio;

namespace Nvmepf.Hal.Rk3588;

/// <summary>One channel with two lists: one may run while the other is filled.</summary>
internal sealed class EdmaChannelRunner
{
    private readonly EdmaSide _side;
    private readonly EdmaChannel _registers;
    private readonly int _number;
    private readonly EdmaTransferList _first;
    private readonly EdmaTransferList _second;

    /// <summary>Creates it, idle.</summary>
    internal EdmaChannelRunner(Edma edma, DmaDirection direction, int number, DmaMemory memory, uint bounceLengthBytes)
    {
        bool isRead = direction == DmaDirection.HostToDevice;
        _side = isRead ? edma.Read : edma.Write;
        _registers = isRead ? edma.ReadChannel(number) : edma.WriteChannel(number);
        _number = number;
        _first = new EdmaTransferList(memory, direction, bounceLengthBytes);
        _second = new EdmaTransferList(memory, direction, bounceLengthBytes);
        Filling = _first;
    }

    /// <summary>The channel's bit in status registers.</summary>
    internal uint Bit => 1u << _number;

    /// <summary>The list that takes new elements.</summary>
    internal EdmaTransferList Filling { get; private set; }

    /// <summary>The list that the engine works on, or null.</summary>
    internal EdmaTransferList? Running { get; private set; }

    /// <summary>When the running list is late.</summary>
    internal long DeadlineNanoseconds { get; private set; }

    /// <summary>Bytes that wait in either list.</summary>
    internal ulong WaitingBytes => Filling.Bytes + (Running?.Bytes ?? 0);

    /// <summary>Where the engine's list pointer stands.</summary>
    internal ulong ListPointer => _registers.ListPointerLow.Read().Raw | ((ulong)_registers.ListPointerHigh.Read().Raw << 32);

    /// <summary>What the channel does.</summary>
    internal EdmaChannelStatus Status => _registers.Control1.Read().Status;

    /// <summary>Starts the list that was filled; the channel is idle.</summary>
    internal void Start(long deadlineNanoseconds)
    {
        Invariant.Check(Running is null && Filling.Count > 0, "an idle channel and a list for it");
        EdmaTransferList list = Filling;
        list.Seal();
        Running = list;
        Filling = list == _first ? _second : _first;
        DeadlineNanoseconds = deadlineNanoseconds;

        // Bits of the time before belong to no list of ours: an old abort would convict this one.
        _side.InterruptClear.Write(new EdmaInterrupts { Done = Bit, Abort = Bit });
        _registers.Control1.Write(EdmaList.StartControl);
        _registers.ListPointerLow.Write(new RegisterWord((uint)list.Physical));
        _registers.ListPointerHigh.Write(new RegisterWord((uint)(list.Physical >> 32)));

        // List, data that was cleaned and registers before the doorbell.
        Mmio.Barrier.Full();
        _side.Doorbell.Write(new EdmaDoorbell { Channel = (uint)_number });
    }

    /// <summary>The running list is not the engine's any more.</summary>
    internal void Finish()
    {
        Running!.Clear();
        Running = null;
    }

    /// <summary>Both lists are empty: the engine was reset.</summary>
    internal void Abandon()
    {
        _first.Clear();
        _second.Clear();
        Running = null;
        Filling = _first;
    }
}
