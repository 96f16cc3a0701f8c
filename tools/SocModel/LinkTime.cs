// The link as a resource with two directions, each of which carries one thing at a time. Only where costs are given: then packets wait for
// each other, and the time that the link is busy is counted.

namespace Nvmepf.SocModel;

internal sealed class LinkTime
{
    private const int PicosecondsPerNanosecond = 1000;

    private readonly Soc _soc;
    private readonly SocCosts _costs;
    private readonly long _picosecondsPerByte;
    private long _sendFreePicoseconds;
    private long _receiveFreePicoseconds;

    internal LinkTime(Soc soc, SocCosts costs)
    {
        _soc = soc;
        _costs = costs;
        long bytesPerMillisecond = costs.LinkBytesPerMicrosecond * (1000L - costs.LinkOverheadPerThousand);
        _picosecondsPerByte = 1_000_000_000 / bytesPerMillisecond;
    }

    internal void Reset() => _sendFreePicoseconds = _receiveFreePicoseconds = 0;

    /// <summary>A memory write goes out.</summary>
    /// <returns>Nanoseconds until it has left.</returns>
    internal long Write(int payloadBytes) => Send(payloadBytes + _costs.WriteOverheadBytes);

    /// <summary>
    /// A read request goes out and its completions come in. Their latency is the caller's: requests follow each other without waiting.
    /// </summary>
    /// <returns>Nanoseconds of the receiving direction, until the next request's data could come.</returns>
    internal long Read(int payloadBytes, int maxPayloadBytes)
    {
        _ = Send(_costs.ReadRequestBytes);
        int completions = (payloadBytes + maxPayloadBytes - 1) / maxPayloadBytes;
        int wireBytes = payloadBytes + (completions * _costs.CompletionOverheadBytes);
        _soc.Counters.WireBytesFromHost += wireBytes;
        long onLink = wireBytes * _picosecondsPerByte;
        long atHost = payloadBytes * 1_000_000L / _costs.HostReadBytesPerMicrosecond;
        return Occupy(ref _receiveFreePicoseconds, Math.Max(onLink, atHost), ref _soc.Counters.ReceivePicoseconds);
    }

    private long Send(int wireBytes)
    {
        _soc.Counters.WireBytesToHost += wireBytes;
        return Occupy(ref _sendFreePicoseconds, wireBytes * _picosecondsPerByte, ref _soc.Counters.SendPicoseconds);
    }

    private long Occupy(ref long free, long picoseconds, ref long busy)
    {
        long now = _soc.NowNanoseconds * PicosecondsPerNanosecond;
        free = Math.Max(free, now) + picoseconds;
        busy += picoseconds;
        return (free - now) / PicosecondsPerNanosecond;
    }
}
