// The host at the far end of the model's link: an NVMe driver and a load in one, as simple as both can be. It keeps a number of commands under
// way in each queue, takes completions when the interrupt message has come, and sends one new command for each. Its data goes nowhere and
// comes from nowhere: what is measured is the way, and tests elsewhere look at the bytes.

using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Nvmepf.Hal;
using Nvmepf.SocModel;
using Nvmepf.Spec;

namespace Nvmepf.BoardBench;

/// <summary>Where the queues of the host lie, for whoever serves them.</summary>
/// <param name="Submission">PCI address of the submission queue.</param>
/// <param name="Completion">PCI address of the completion queue.</param>
internal readonly record struct QueueAddresses(ulong Submission, ulong Completion);

/// <summary>The simulated host.</summary>
internal sealed class ModelHost : IHostFabric
{
    internal const int QueueEntries = 1024;
    internal const uint MessageBase = 0x30;
    internal const ulong MessageAddress = 0xFEE0_0000;
    internal const int NamespaceBlocks = 1 << 21; // of 512 bytes

    private const ulong MemoryAddress = 0x1_0000_0000;
    private const int QueueBytes = QueueEntries * 64;
    private const int PrpListsAt = 0x10_0000;
    private const int PrpListBytes = 256;
    private const int MemoryBytes = 0x20_0000;
    private const ulong DataAddress = 0x2_0000_0000;
    private const ulong DataBytes = 1UL << 30;
    private const int PageBytes = 4096;

    private readonly byte[] _memory = new byte[MemoryBytes];
    private readonly BenchParameters _parameters;
    private readonly List<HostQueue> _queues = [];
    private ulong _random = 0x9E37_79B9_7F4A_7C15;

    internal ModelHost(BenchParameters parameters) => _parameters = parameters;

    /// <summary>The model that this is the host of.</summary>
    internal Soc? Soc { get; set; }

    /// <summary>I/O commands that have ended.</summary>
    internal long Completed { get; private set; }

    /// <summary>Interrupt messages that have come.</summary>
    internal long Messages { get; private set; }

    /// <summary>Time from a command's doorbell to its completion being taken, in nanoseconds, of all commands together.</summary>
    internal long LatencyNanoseconds { get; private set; }

    internal static QueueAddresses AddressesOf(int queue)
    {
        ulong submission = MemoryAddress + (ulong)(queue * 2 * QueueBytes);
        return new QueueAddresses(submission, submission + QueueBytes);
    }

    internal uint ReadRegister(uint offset)
    {
        Span<byte> bytes = stackalloc byte[4];
        Expect(Soc!.Host.BarRead(0, offset, bytes) == TlpStatus.Success, "a register of BAR 0 cannot be read");
        return BinaryPrimitives.ReadUInt32LittleEndian(bytes);
    }

    internal void WriteRegister(uint offset, uint value)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        Expect(Soc!.Host.BarWrite(0, offset, bytes) == TlpStatus.Success, "a register of BAR 0 cannot be written");
    }

    /// <summary>Finds the function, maps BAR 0, and sets up MSI-X with a vector for each queue. The link is up.</summary>
    internal void Attach(int vectors)
    {
        HostPort port = Soc!.Host;
        _ = port.ConfigWrite(0x10, 4, 0x8000_0000);
        _ = port.ConfigWrite(0x14, 4, 0);
        _ = port.ConfigWrite(0x78, 2, 0x2830); // packets of 256 bytes, read requests of 512
        _ = port.ConfigWrite(0x04, 2, 0x0006);
        for (uint vector = 0; vector < (uint)vectors; vector++)
        {
            uint entry = Bar0Layout.MsixTable + (vector * 16);
            WriteRegister(entry, (uint)MessageAddress);
            WriteRegister(entry + 4, 0);
            WriteRegister(entry + 8, MessageBase + vector);
            WriteRegister(entry + 12, 0);
        }

        _ = port.ConfigWrite(0xB2, 2, 0x8000);
    }

    /// <summary>Begins to load <paramref name="workload"/>'s queues, which exist by now: identifiers from 1 on.</summary>
    internal void Start(BenchWorkload workload)
    {
        for (int queue = 1; queue <= workload.Queues; queue++)
        {
            _queues.Add(new HostQueue(this, workload, queue));
        }
    }

    /// <summary>What the host does by now.</summary>
    internal void Run(long now)
    {
        foreach (HostQueue queue in _queues)
        {
            queue.Run(now);
        }
    }

    /// <summary>One command of the admin queue, sent at once; the answer is waited for by <see cref="TryTakeAdmin"/>.</summary>
    internal void SendAdmin(in SubmissionQueueEntry entry, int index)
    {
        WriteEntry(0, index, in entry);
        WriteRegister(Bar0Layout.DoorbellBase, (uint)index + 1);
    }

    /// <summary>The answer at a place of the admin completion queue, once it is there.</summary>
    internal bool TryTakeAdmin(int index)
    {
        CompletionQueueEntry entry = ReadCompletion(0, index);
        if (!entry.CompletionStatus.PhaseTag)
        {
            return false;
        }

        Expect(entry.CompletionStatus.Status.IsSuccess, "an admin command failed");
        WriteRegister(Bar0Layout.DoorbellBase + 4, (uint)index + 1);
        return true;
    }

    /// <inheritdoc/>
    public TlpStatus Read(ulong pciAddress, Span<byte> data)
    {
        if (pciAddress - MemoryAddress <= (ulong)(MemoryBytes - data.Length))
        {
            _memory.AsSpan((int)(pciAddress - MemoryAddress), data.Length).CopyTo(data);
            return TlpStatus.Success;
        }

        data.Clear();
        return pciAddress - DataAddress < DataBytes ? TlpStatus.Success : TlpStatus.UnsupportedRequest;
    }

    /// <inheritdoc/>
    public void Write(ulong pciAddress, ReadOnlySpan<byte> data)
    {
        if (pciAddress - DataAddress < DataBytes)
        {
            return;
        }

        if (pciAddress - MemoryAddress <= (ulong)(MemoryBytes - data.Length))
        {
            data.CopyTo(_memory.AsSpan((int)(pciAddress - MemoryAddress)));
            return;
        }

        Expect(pciAddress == MessageAddress && data.Length == 4, "a write where the host has no memory");
        int vector = (int)(BinaryPrimitives.ReadUInt32LittleEndian(data) - MessageBase);
        Messages++;
        if (vector >= 1 && vector <= _queues.Count)
        {
            _queues[vector - 1].Wake(Soc!.NowNanoseconds + _parameters.HostInterruptNanoseconds);
        }
    }

    private static void Expect(bool isTrue, string what)
    {
        if (!isTrue)
        {
            throw new InvalidOperationException("board bench: " + what);
        }
    }

    private int Below(int limit)
    {
        _random ^= _random << 13;
        _random ^= _random >> 7;
        _random ^= _random << 17;
        return (int)((_random >> 33) % (uint)limit);
    }

    private void WriteEntry(int queue, int index, in SubmissionQueueEntry entry) => MemoryMarshal.Write(
        _memory.AsSpan((int)(AddressesOf(queue).Submission - MemoryAddress) + (index * SubmissionQueueEntry.SizeBytes)), in entry);

    private CompletionQueueEntry ReadCompletion(int queue, int index) => MemoryMarshal.Read<CompletionQueueEntry>(
        _memory.AsSpan((int)(AddressesOf(queue).Completion - MemoryAddress) + (index * CompletionQueueEntry.SizeBytes)));

    /// <summary>One queue pair with its own core: takes a completion, sends a command, rings the doorbell, and again.</summary>
    private sealed class HostQueue
    {
        private readonly ModelHost _host;
        private readonly BenchWorkload _workload;
        private readonly int _identifier;
        private readonly long[] _sentAt;
        private readonly Queue<int> _free = new();
        private int _tail;
        private int _head;
        private bool _phase = true;
        private bool _isFilling = true;
        private bool _hasTaken;
        private long _wakesAt = long.MaxValue;

        internal HostQueue(ModelHost host, BenchWorkload workload, int identifier)
        {
            _host = host;
            _workload = workload;
            _identifier = identifier;
            _sentAt = new long[workload.QueueDepth];
            for (int i = 0; i < workload.QueueDepth; i++)
            {
                _free.Enqueue(i);
            }

            _wakesAt = host.Soc!.NowNanoseconds;
        }

        internal void Wake(long at) => _wakesAt = _wakesAt == long.MaxValue ? at : _wakesAt;

        /// <summary>Steps whose time has come; each ends with the next one's time, or with sleep until a message comes.</summary>
        internal void Run(long now)
        {
            while (_wakesAt <= now)
            {
                long at = _wakesAt;
                if (!_isFilling && !TryTake(at))
                {
                    _wakesAt = long.MaxValue;
                    if (_hasTaken)
                    {
                        _hasTaken = false;
                        _host.WriteRegister(Bar0Layout.DoorbellBase + ((uint)_identifier * 8) + 4, (uint)_head);
                    }

                    return;
                }

                Send(at);
                _isFilling &= _free.Count > 0;
                _wakesAt = at + _host._parameters.HostCommandNanoseconds;
            }
        }

        private bool TryTake(long at)
        {
            CompletionQueueEntry entry = _host.ReadCompletion(_identifier, _head);
            if (entry.CompletionStatus.PhaseTag != _phase)
            {
                return false;
            }

            Expect(entry.CompletionStatus.Status.IsSuccess, "a command failed");
            _hasTaken = true;
            _host.Completed++;
            _host.LatencyNanoseconds += at - _sentAt[entry.CommandIdentifier];
            _free.Enqueue(entry.CommandIdentifier);
            _head = (_head + 1) % QueueEntries;
            _phase ^= _head == 0;
            return true;
        }

        private void Send(long at)
        {
            int identifier = _free.Dequeue();
            bool isRead = _host.Below(100) < _workload.ReadPercent;
            int blocks = _workload.BlockBytes / 512;
            SubmissionQueueEntry entry = new()
            {
                Cdw0 = new CommandDword0
                {
                    Opcode = isRead ? (byte)2 : (byte)1,
                    PrpOrSgl = UsesSgl ? PrpOrSgl.SglWithMetadataBuffer : PrpOrSgl.Prp,
                    CommandIdentifier = (ushort)identifier,
                },
                NamespaceIdentifier = 1,
                Cdw12 = (uint)(blocks - 1),
            };
            entry.StartingLba = (ulong)_host.Below(NamespaceBlocks / blocks) * (uint)blocks;
            DescribeData(ref entry, identifier);
            _host.WriteEntry(_identifier, _tail, in entry);
            _tail = (_tail + 1) % QueueEntries;
            _sentAt[identifier] = at;
            _host.WriteRegister(Bar0Layout.DoorbellBase + ((uint)_identifier * 8), (uint)_tail);
        }

        private bool UsesSgl => _workload.Layout == DataLayout.OnePiece && _workload.BlockBytes > 2 * PageBytes;

        private void DescribeData(ref SubmissionQueueEntry entry, int identifier)
        {
            ulong slot = (ulong)(((_identifier - 1) * _workload.QueueDepth) + identifier);
            ulong data = DataAddress + (slot * (ulong)_workload.BlockBytes * 2);
            entry.Prp1 = data;
            if (UsesSgl)
            {
                // A data block descriptor: address, length, type 0.
                entry.Prp2 = (uint)_workload.BlockBytes;
            }
            else if (_workload.BlockBytes > PageBytes)
            {
                int list = PrpListsAt + ((int)slot * PrpListBytes);
                for (int page = 1; page < _workload.BlockBytes / PageBytes; page++)
                {
                    // Every second page, so that none continues the one before it.
                    BinaryPrimitives.WriteUInt64LittleEndian(_host._memory.AsSpan(list + ((page - 1) * 8)), data + (ulong)(page * 2 * PageBytes));
                }

                entry.Prp2 = MemoryAddress + (ulong)list;
            }
        }
    }
}
