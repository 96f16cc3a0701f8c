namespace Nvmepf.Firmware.Console.Terminal;

/// <summary>Knows what a word on a line could be.</summary>
internal interface ICompleter
{
    /// <summary>
    /// Lists what the last word of a line may be continued to.
    /// </summary>
    /// <param name="line">The line up to the cursor.</param>
    /// <param name="candidates">Gets whole words, each beginning with the last word of the line.</param>
    /// <returns>Where the last word begins.</returns>
    int Complete(string line, List<string> candidates);
}
