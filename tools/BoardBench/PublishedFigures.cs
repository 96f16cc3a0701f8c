namespace Nvmepf.BoardBench;

/// <summary>What others have measured on this SoC for the reference, to be seen beside the prediction of its way.</summary>
internal static class PublishedFigures
{
    /// <summary>Thousands of commands a second (4 KiB) or GB/s (128 KiB) as text; a dash where nobody has published any.</summary>
    internal static string Of(BenchWorkload workload) => workload.Name switch
    {
        "4k-randread-qd1" => "12..25 k/s",
        "4k-randread-qd32" => "45..81 k/s",
        "4k-randread-qd32x4" => "72..175 k/s",
        "4k-randwrite-qd1" => "11..12 k/s",
        "4k-randwrite-qd32" => "34..50 k/s",
        "4k-randwrite-qd32x4" => "34..82 k/s",
        "128k-read-qd32" => "2.2..2.8 GB/s",
        "128k-read-qd32x4" => "2.3..3.2 GB/s",
        "128k-write-qd32" => "1.3..1.7 GB/s",
        _ => "-",
    };
}
