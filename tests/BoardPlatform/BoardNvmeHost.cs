// A small NVMe host at the far end of the model's link: registers through BAR 0, queues and data in its own memory, MSI-X messages.
using System.Runtime.InteropServices;
using Nvmepf.Hal;
using Nvmepf.SocModel;
using Nvmepf.Spec;
using Xunit;

namespace Nvmepf.Tests.BoardPlatform;

internal sealed class BoardNvmeHost
{
    private const int QueueEntries = 16;
    private const int QueuesAt = 0x1_0000;
    private const int QueueBytes = 0x2000;
    private const int PrpListAt = 0x4_0000;
    private readonly BoardRig _rig;
    private readonly Func<bool> _turn;
    private readonly int[] _tails = new int[2];
    private readonly int[] _heads = new int[2];
    private readonly bool[] _phases = [true, true];
    private ushort _nextIdentifier = 1;

    internal BoardNvmeHost(BoardRig rig, Func<bool> turn)
    {
        _rig = rig;
        _turn = turn;
    }

    /// <summary>Looks at the queue instead of waiting for the message: then the entry is seen as soon as it is there.</summary>
    internal bool LooksAtQueues { get; init; }

    internal uint Read32(uint offset)
    {
        Span<byte> bytes = stackalloc byte[4];
        Assert.Equal(TlpStatus.Success, _rig.Soc.Host.BarRead(0, offset, bytes));
        return MemoryMarshal.Read<uint>(bytes);
    }

    internal void Write32(uint offset, uint value)
    {
        Span<byte> bytes = stackalloc byte[4];
        MemoryMarshal.Write(bytes, value);
        Assert.Equal(TlpStatus.Success, _rig.Soc.Host.BarWrite(0, offset, bytes));
    }

    internal void RunUntil(Func<bool> isDone, string what)
    {
        for (int i = 0; i < 300_000; i++)
        {
            if (isDone())
            {
                return;
            }

            _rig.Soc.Advance(BoardRig.TurnNanoseconds);
            _ = _turn();
        }

        Assert.Fail($"{what}: too late; {string.Join("; ", _rig.Log.Texts)}; {_rig.Violations()}");
    }

    /// <summary>Enables the controller with its admin queues, and MSI-X.</summary>
    internal void Enable()
    {
        for (uint vector = 0; vector < 2; vector++)
        {
            Write32(Bar0Layout.MsixTable + (vector * 16), (uint)BoardHost.MessageAddress);
            Write32(Bar0Layout.MsixTable + (vector * 16) + 4, 0);
            Write32(Bar0Layout.MsixTable + (vector * 16) + 8, 0x30 + vector);
            Write32(Bar0Layout.MsixTable + (vector * 16) + 12, 0);
        }

        Assert.Equal(TlpStatus.Success, _rig.Soc.Host.ConfigWrite(0xB2, 2, 0x8000));
        Array.Clear(_tails);
        Array.Clear(_heads);
        Array.Fill(_phases, true);
        _rig.Host.Memory.AsSpan(QueuesAt, 4 * QueueBytes).Clear();
        Write32(0x24, ((QueueEntries - 1) << 16) | (QueueEntries - 1));
        WriteAddress(0x28, SubmissionAt(0));
        WriteAddress(0x30, CompletionAt(0));
        Write32(0x14, 0x0046_0001);
        RunUntil(() => (Read32(0x1C) & 1) != 0, "the controller becomes ready");
    }

    internal void CreateIoQueues()
    {
        SubmissionQueueEntry create = new() { Cdw0 = new CommandDword0(0x05), Cdw10 = ((QueueEntries - 1) << 16) | 1, Cdw11 = (1u << 16) | 3 };
        create.Prp1 = BoardHost.MemoryAddress + (ulong)CompletionAt(1);
        Assert.Equal(0, Execute(0, create));
        create = new SubmissionQueueEntry { Cdw0 = new CommandDword0(0x01), Cdw10 = ((QueueEntries - 1) << 16) | 1, Cdw11 = (1u << 16) | 1 };
        create.Prp1 = BoardHost.MemoryAddress + (ulong)SubmissionAt(1);
        Assert.Equal(0, Execute(0, create));
    }

    internal void DeleteIoQueues()
    {
        Assert.Equal(0, Execute(0, new SubmissionQueueEntry { Cdw0 = new CommandDword0(0x00), Cdw10 = 1 }));
        Assert.Equal(0, Execute(0, new SubmissionQueueEntry { Cdw0 = new CommandDword0(0x04), Cdw10 = 1 }));
    }

    /// <summary>Reads or writes blocks of 512 bytes, with a PRP list.</summary>
    internal int Transfer(bool isWrite, ulong startingLba, int blocks, int memoryOffset)
    {
        SubmissionQueueEntry entry = new() { Cdw0 = new CommandDword0(isWrite ? 1u : 2u), NamespaceIdentifier = 1, Cdw10 = (uint)startingLba, Cdw12 = (uint)(blocks - 1) };
        entry.Prp1 = BoardHost.MemoryAddress + (ulong)memoryOffset;
        int pages = ((blocks * 512) + 4095) / 4096;
        entry.Prp2 = pages <= 1 ? 0 : BoardHost.MemoryAddress + (ulong)(pages == 2 ? memoryOffset + 4096 : PrpListAt);
        for (int page = 1; page < pages; page++)
        {
            MemoryMarshal.Write(_rig.Host.Memory.AsSpan(PrpListAt + ((page - 1) * 8)), BoardHost.MemoryAddress + (ulong)(memoryOffset + (page * 4096)));
        }

        return Execute(1, entry);
    }

    internal int Identify(int memoryOffset)
    {
        SubmissionQueueEntry entry = new() { Cdw0 = new CommandDword0(6), Cdw10 = 1 };
        entry.Prp1 = BoardHost.MemoryAddress + (ulong)memoryOffset;
        return Execute(0, entry);
    }

    /// <summary>Executes one command and returns its status field without the phase tag.</summary>
    internal int Execute(int queue, SubmissionQueueEntry entry)
    {
        entry.Cdw0 = new CommandDword0(entry.Cdw0.Raw | ((uint)_nextIdentifier << 16));
        MemoryMarshal.Write(_rig.Host.Memory.AsSpan(SubmissionAt(queue) + (_tails[queue] * 64)), entry);
        _tails[queue] = (_tails[queue] + 1) % QueueEntries;
        int messages = _rig.Host.Messages.Count;
        Write32(Bar0Layout.DoorbellBase + ((uint)queue * 8), (uint)_tails[queue]);
        int statusAt = CompletionAt(queue) + (_heads[queue] * 16) + 14;
        RunUntil(
            () => LooksAtQueues ? ((_rig.Host.Memory[statusAt] & 1) != 0) == _phases[queue] : _rig.Host.Messages.Count > messages,
            "the interrupt or the entry comes");

        // The message is the last of all: the entry has to be there when it comes.
        ReadOnlySpan<byte> completion = _rig.Host.Memory.AsSpan(CompletionAt(queue) + (_heads[queue] * 16), 16);
        ushort status = MemoryMarshal.Read<ushort>(completion[14..]);
        Assert.Equal(_phases[queue], (status & 1) != 0);
        Assert.Equal(_nextIdentifier, MemoryMarshal.Read<ushort>(completion[12..]));
        Assert.True(LooksAtQueues || _rig.Host.Messages[^1].Data == 0x30u + (uint)queue);
        _nextIdentifier++;
        _heads[queue]++;
        if (_heads[queue] == QueueEntries)
        {
            _heads[queue] = 0;
            _phases[queue] = !_phases[queue];
        }

        Write32(Bar0Layout.DoorbellBase + ((uint)queue * 8) + 4, (uint)_heads[queue]);
        return status >> 1;
    }

    private static int SubmissionAt(int queue) => QueuesAt + (queue * 2 * QueueBytes);

    /// <summary>Where a completion queue is in the host's memory.</summary>
    internal static int CompletionAt(int queue) => SubmissionAt(queue) + QueueBytes;

    private void WriteAddress(uint offset, int memoryOffset)
    {
        ulong address = BoardHost.MemoryAddress + (ulong)memoryOffset;
        Write32(offset, (uint)address);
        Write32(offset + 4, (uint)(address >> 32));
    }
}
