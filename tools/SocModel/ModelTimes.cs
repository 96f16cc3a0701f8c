// How long things take in the model: either the short times of SocOptions, good for ordering alone, or the costs of a board.

namespace Nvmepf.SocModel;

internal sealed class ModelTimes
{
    private readonly Soc _soc;
    private readonly SocOptions _options;
    private readonly SocCosts? _costs;
    private readonly LinkTime? _link;
    private long _owedPicoseconds;

    internal ModelTimes(Soc soc, SocOptions options)
    {
        _soc = soc;
        _options = options;
        _costs = options.Costs;
        FetchPieceNanoseconds = options.EdmaFetchPieceNanoseconds;
        if (_costs is { } costs)
        {
            ArgumentOutOfRangeException.ThrowIfNegativeOrZero(costs.ElementFetchNanoseconds / FetchesPerElement);
            ArgumentOutOfRangeException.ThrowIfNegativeOrZero(costs.LinkBytesPerMicrosecond);
            ArgumentOutOfRangeException.ThrowIfNegativeOrZero(costs.HostReadBytesPerMicrosecond);
            _link = new LinkTime(soc, costs);
            FetchPieceNanoseconds = costs.ElementFetchNanoseconds / FetchesPerElement;
        }

        // A run of one short element fetches two, the link at the end included, and is then what has been measured as the cost of a run. The last
        // third of the link needs no time: with it the run has ended.
        ListStartNanoseconds = _costs is null
            ? options.EdmaStartNanoseconds
            : Math.Max(1, _costs.ListRunNanoseconds - (2 * _costs.ElementFetchNanoseconds) + FetchPieceNanoseconds);
        ListStartBlocksNanoseconds = _costs is { ListRunBlocksDirection: true } ? ListStartNanoseconds : 0;
        CpuReadNanoseconds = _costs?.RegisterReadNanoseconds ?? options.CpuReadNanoseconds;
        CpuWriteNanoseconds = _costs?.RegisterWriteNanoseconds ?? options.CpuWriteNanoseconds;
        UncachedReadNanoseconds = _costs?.UncachedReadNanoseconds ?? 0;
        UncachedWriteNanoseconds = _costs?.UncachedWriteNanoseconds ?? 0;
        RoundTripNanoseconds = _costs?.RoundTripNanoseconds ?? options.RoundTripNanoseconds;
        LookPenaltyNanoseconds = _costs?.LookDelaysFetchNanoseconds ?? options.EdmaPollPenaltyNanoseconds;
    }

    internal const int FetchesPerElement = 3;

    internal bool HasCosts => _costs is not null;

    internal int CpuReadNanoseconds { get; }

    internal int CpuWriteNanoseconds { get; }

    internal int UncachedReadNanoseconds { get; }

    internal int UncachedWriteNanoseconds { get; }

    internal int RoundTripNanoseconds { get; }

    internal int LookPenaltyNanoseconds { get; }

    internal int FetchPieceNanoseconds { get; }

    internal int ListStartNanoseconds { get; }

    internal long ListStartBlocksNanoseconds { get; }

    internal void Reset()
    {
        _owedPicoseconds = 0;
        _link?.Reset();
    }

    /// <summary>How long an engine is busy with one TLP of its own.</summary>
    internal long TransferNanoseconds(bool isRead, int payloadBytes) =>
        _link is null ? _options.TlpNanoseconds + (payloadBytes * 1000L / _options.LinkBytesPerMicrosecond)
        : isRead ? Math.Max(1, _link.Read(payloadBytes, _soc.Config.MaxPayloadBytes))
        : Math.Max(1, _link.Write(payloadBytes));

    /// <summary>A store through the window or a message of the controller's takes its place on the link; nobody waits for it.</summary>
    internal void Store(int payloadBytes) => _ = _link?.Write(payloadBytes);

    /// <summary>The CPU waits at a barrier.</summary>
    internal void Barrier(bool isFull)
    {
        if (_costs is not null && isFull)
        {
            _soc.Advance(_costs.BarrierNanoseconds);
        }
    }

    /// <summary>The CPU cleans or invalidates lines.</summary>
    internal void Maintain(long lines)
    {
        if (_costs is not null)
        {
            _owedPicoseconds += lines * _costs.CacheLinePicoseconds;
            _soc.Advance(_owedPicoseconds / 1000);
            _owedPicoseconds %= 1000;
        }
    }
}
