using System.Diagnostics;
using System.Runtime.InteropServices;
using Nvmepf.HostDriver.Nvme;
using Nvmepf.HostDriver.VfioUser;
using Nvmepf.Spec;

namespace Nvmepf.HostDriver.Outage;

/// <summary>
/// Writes stamped blocks while the storage behind the controller goes away and comes back, retries what fails as a driver does, and checks
/// afterwards that every acknowledged write is there. A block's stamp is its number and how often it was written; a write that failed may
/// have happened or not, so that what is read must be the last acknowledged stamp or a later one that was tried.
/// </summary>
/// <remarks>It does not take the storage away: whoever runs it does.</remarks>
public sealed class OutageWorkload
{
    private const int RetryMilliseconds = 20;
    private readonly NvmeHost _host;
    private readonly HostNamespace _space;
    private readonly HostBuffer[] _buffers;
    private readonly (int Place, ushort Command)[] _outstanding;
    private readonly ulong[] _acknowledged;
    private readonly ulong[] _tried;
    private readonly int _unitBlocks;
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private int _next;
    private TimeSpan _lastSuccess;
    private TimeSpan _lastError;

    /// <summary>Prepares it.</summary>
    /// <param name="host">The host.</param>
    /// <param name="space">The namespace; its first blocks are overwritten.</param>
    /// <param name="places">Places of 4 KiB to write to.</param>
    /// <param name="depth">Writes outstanding, fewer than places.</param>
    public OutageWorkload(NvmeHost host, HostNamespace space, int places, int depth)
    {
        _host = host;
        _space = space;
        _unitBlocks = DmaArena.PageLengthBytes / space.BlockLengthBytes;
        _acknowledged = new ulong[places];
        _tried = new ulong[places];
        _outstanding = new (int, ushort)[depth];
        _buffers = new HostBuffer[depth];
        for (int i = 0; i < depth; i++)
        {
            _buffers[i] = host.Arena.Allocate(DmaArena.PageLengthBytes);
            _outstanding[i].Place = -1;
        }
    }

    /// <summary>Writes that were acknowledged.</summary>
    public long AcknowledgedCount { get; private set; }

    /// <summary>Errors by status.</summary>
    public SortedDictionary<StatusCode, long> Errors { get; } = [];

    /// <summary>Errors that forbid a retry (Do Not Retry), which an outage must not give.</summary>
    public long FinalErrors { get; private set; }

    /// <summary>The longest time without an acknowledged write.</summary>
    public TimeSpan LongestGap { get; private set; }

    /// <summary>Places whose content is none that could be there.</summary>
    public long Lost { get; private set; }

    /// <summary>Writes until the time is over, and then until a write has succeeded after the last error; then waits for the rest.</summary>
    /// <param name="length">How long at least.</param>
    /// <param name="patience">How long the storage may be away, and a command may take.</param>
    /// <param name="tell">Gets a line when errors begin and when they end.</param>
    public void Write(TimeSpan length, TimeSpan patience, Action<string> tell)
    {
        for (int i = 0; i < _outstanding.Length; i++)
        {
            Submit(i);
        }

        bool isFailing = false;
        while (_clock.Elapsed < length || _lastError > _lastSuccess)
        {
            if (_clock.Elapsed - _lastSuccess > patience)
            {
                throw new HostFailureException($"no write was acknowledged for {patience.TotalSeconds:0} s; {DescribeErrors()}");
            }

            if (!Poll(resubmits: true))
            {
                Thread.Sleep(0);
            }

            if (isFailing != _lastError > _lastSuccess)
            {
                isFailing = !isFailing;
                tell(isFailing ? $"errors begin after {AcknowledgedCount} acknowledged writes" : $"writes succeed again; {DescribeErrors()}");
            }
        }

        Drain(patience);
    }

    /// <summary>Reads every place back, retrying as a driver does; counts what is lost.</summary>
    public void Verify(TimeSpan patience)
    {
        HostBuffer buffer = _buffers[0];
        for (int place = 0; place < _tried.Length; place++)
        {
            if (_acknowledged[place] == 0)
            {
                continue;
            }

            TimeSpan begin = _clock.Elapsed;
            CompletionQueueEntry entry;
            while ((entry = _space.Run(NvmOpcode.Read, (ulong)(place * _unitBlocks), buffer)).CompletionStatus.Status.IsError)
            {
                if (_clock.Elapsed - begin > patience)
                {
                    throw new HostFailureException($"place {place} cannot be read: {StatusText.Of(entry)}");
                }

                Thread.Sleep(RetryMilliseconds);
            }

            Lost += IsGood(place, MemoryMarshal.Cast<byte, ulong>(buffer.Bytes)) ? 0 : 1;
        }
    }

    /// <summary>The errors so far in words.</summary>
    public string DescribeErrors() => Errors.Count == 0 ? "no errors"
        : string.Join(", ", Errors.Select(pair => $"{pair.Value} {StatusText.Of(pair.Key)}"));

    private bool IsGood(int place, ReadOnlySpan<ulong> words)
    {
        ulong stamp = words[1];
        bool isWhole = true;
        for (int i = 0; i < words.Length; i += 2)
        {
            isWhole &= words[i] == (ulong)place && words[i + 1] == stamp;
        }

        return isWhole && stamp >= _acknowledged[place] && stamp <= _tried[place];
    }

    private void Submit(int index)
    {
        // Two writes to a place at a time might end in either order; there are more places than writes.
        int place;
        do
        {
            place = _next;
            _next = (_next + 1) % _tried.Length;
        }
        while (Array.Exists(_outstanding, command => command.Place == place));

        ulong stamp = ++_tried[place];
        Span<ulong> words = MemoryMarshal.Cast<byte, ulong>(_buffers[index].Bytes);
        for (int i = 0; i < words.Length; i += 2)
        {
            words[i] = (ulong)place;
            words[i + 1] = stamp;
        }

        SubmissionQueueEntry command = NvmeCommands.BlockCommand(
            NvmOpcode.Write, _space.NamespaceIdentifier, (ulong)(place * _unitBlocks), _unitBlocks);
        command.Prp1 = _buffers[index].Address;
        _outstanding[index] = (place, _host.Submit(_space.Queue, in command));
    }

    private bool Poll(bool resubmits)
    {
        bool any = false;
        bool failed = false;
        for (int i = 0; i < _outstanding.Length; i++)
        {
            (int place, ushort identifier) = _outstanding[i];
            if (place < 0 || !_host.TryTakeCompletion(_space.Queue, identifier, out CompletionQueueEntry entry))
            {
                continue;
            }

            any = true;
            _outstanding[i].Place = -1;
            failed |= !Take(place, entry.CompletionStatus.Status);
            if (resubmits)
            {
                Submit(i);
            }
        }

        if (failed)
        {
            Thread.Sleep(RetryMilliseconds);
        }

        return any;
    }

    private bool Take(int place, Status status)
    {
        if (status.IsSuccess)
        {
            AcknowledgedCount++;
            _acknowledged[place] = _tried[place];
            LongestGap = _clock.Elapsed - _lastSuccess > LongestGap ? _clock.Elapsed - _lastSuccess : LongestGap;
            _lastSuccess = _clock.Elapsed;
            return true;
        }

        Errors[status.Code] = Errors.GetValueOrDefault(status.Code) + 1;
        FinalErrors += status.DoNotRetry ? 1 : 0;
        _lastError = _clock.Elapsed;
        return false;
    }

    private void Drain(TimeSpan patience)
    {
        TimeSpan begin = _clock.Elapsed;
        while (Array.Exists(_outstanding, command => command.Place >= 0))
        {
            if (_clock.Elapsed - begin > patience)
            {
                throw new HostFailureException($"writes did not end within {patience.TotalSeconds:0} s");
            }

            if (!Poll(resubmits: false))
            {
                Thread.Sleep(0);
            }
        }
    }
}
