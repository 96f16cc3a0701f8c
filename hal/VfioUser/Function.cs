namespace Nvmepf.Hal.VfioUser;

/// <summary>The parts of the PCI function that the messages are about; they live as long as the platform, clients come and go.</summary>
internal sealed class Function : IDisposable
{
    /// <summary>Creates the parts. Throws <see cref="PlatformException"/>.</summary>
    internal Function(VfioUserOptions options)
    {
        int vectors = options.Identity.MsixVectorCount;
        if (vectors is < 1 or > Bar0Layout.MsixVectorsMax)
        {
            throw new PlatformException($"vfio-user: {vectors} MSI-X vectors: 1 to {Bar0Layout.MsixVectorsMax} are allowed");
        }

        Bar = new BarPages(options.MapDoorbells);
        Configuration = new ConfigurationSpace(options.Identity, Bar0Layout.LengthBytes);
        Vectors = new InterruptVectors(vectors, Bar.Memory);
        Regions = new DmaRegions(options.DmaRegionsMax, options.MappedFilesMax);
    }

    /// <summary>BAR 0.</summary>
    internal BarPages Bar { get; }

    /// <summary>Configuration space.</summary>
    internal ConfigurationSpace Configuration { get; }

    /// <summary>MSI-X.</summary>
    internal InterruptVectors Vectors { get; }

    /// <summary>Host memory.</summary>
    internal DmaRegions Regions { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        Vectors.Dispose();
        Regions.Clear();
        Regions.ReleaseUnused();
        Bar.Dispose();
    }
}
